package ingest.mapping;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.envelope.InvalidEnvelope;
import ingest.outbox.AcmeEvents;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code bean:envelope} in routes as an engineer writes them. */
final class EnvelopeStepTest {
  private static final Instant NOW = Instant.parse("2026-11-20T12:00:00.123456Z");
  private static final Instant SLOT = Instant.parse("2026-11-20T12:00:00Z");
  private static final Arrival POLL =
      new Arrival(NOW, SLOT, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");

  private final DefaultCamelContext camel = new DefaultCamelContext();

  @BeforeEach
  void start() {
    Clock clock = Clock.fixed(NOW, ZoneOffset.UTC);
    camel.getRegistry().bind("envelope", new EnvelopeStep(AcmeEvents.types(), clock));
    camel.getRegistry().bind("envelopes", new Envelopes());
    camel.start();
  }

  @AfterEach
  void stop() throws IOException {
    camel.close();
  }

  /** What the steps make of a body, as the poll of {@link #SLOT} or as a call. */
  private Exchange run(String steps, Object body, @Nullable Arrival arrival) throws Exception {
    String yaml =
        """
        - route:
            id: steps
            errorHandler:
              noErrorHandler: {}
            from:
              uri: direct:steps
              steps:
        """
            + steps.indent(10);
    PluginHelper.getRoutesLoader(camel)
        .loadRoutes(ResourceHelper.fromString("steps.camel.yaml", yaml));
    return camel
        .createProducerTemplate()
        .request(
            "direct:steps",
            exchange -> {
              exchange.getMessage().setBody(body);
              if (arrival != null) {
                exchange.setProperty(Arrival.PROPERTY, arrival);
              }
            });
  }

  private static Exchange well(Exchange exchange) throws Exception {
    if (exchange.getException() != null) {
      throw exchange.getException();
    }
    return exchange;
  }

  private static Envelope envelope(Exchange exchange) throws Exception {
    return well(exchange).getMessage().getBody(Envelope.class);
  }

  /** An apple whose attributes are constants, but for one line. */
  private Exchange apple(String line, @Nullable Arrival arrival) throws Exception {
    return run(
        """
        - setVariables:
            variables:
              - name: type
                constant: acme.apple.seen
              - name: subject
                constant: acme:7
        %s
        - to: bean:envelope
        """
            .formatted(line.isEmpty() ? "" : line.indent(6).stripTrailing()),
        "{\"n\": 7}",
        arrival);
  }

  private static String variable(String name, String value) {
    return "- name: %s\n  constant: '%s'".formatted(name, value);
  }

  @Test
  void what_is_not_said_comes_from_the_poll() throws Exception {
    Envelope envelope = envelope(apple("", POLL));
    assertEquals("acme", envelope.source());
    assertEquals("acme.apple.seen/1", envelope.dataschema());
    assertEquals(Instant.parse("2026-11-20T12:00:00.123Z"), envelope.time());
    assertEquals(Envelope.micros(NOW), envelope.rev());
    assertEquals(
        EventId.of(
            SLOT, "acme", "acme.apple.seen", "acme:7", Long.toString(SLOT.toEpochMilli()), 0),
        envelope.id());
    assertEquals(POLL.traceparent(), envelope.traceparent());
    assertEquals("{\"n\":7}", envelope.data().toString());
    assertNull(envelope.channelid());
  }

  @Test
  void another_try_of_a_slot_is_the_same_event_and_another_slot_is_another() throws Exception {
    Envelope first = envelope(apple("", POLL));
    Envelope again = envelope(apple("", new Arrival(NOW.plusSeconds(3), SLOT, POLL.traceparent())));
    Envelope next = envelope(apple("", new Arrival(NOW, SLOT.plusSeconds(60), POLL.traceparent())));
    assertEquals(first.id(), again.id());
    assertTrue(again.rev() > first.rev());
    assertNotEquals(first.id(), next.id());
  }

  @Test
  void a_key_of_the_sender_is_one_event_in_every_slot() throws Exception {
    String own = variable("key", "k7") + "\n" + variable("time", "2026-11-20T11:59:00Z");
    Envelope first = envelope(apple(own, POLL));
    Envelope later =
        envelope(
            apple(own, new Arrival(NOW.plusSeconds(60), SLOT.plusSeconds(60), POLL.traceparent())));
    Envelope called = envelope(apple(own, null));
    assertEquals(first.id(), later.id());
    assertEquals(first.id(), called.id());
    assertEquals(
        EventId.of(
            Instant.parse("2026-11-20T11:59:00Z"), "acme", "acme.apple.seen", "acme:7", "k7", 0),
        first.id());
    assertNotEquals(first.id(), envelope(apple(own + "\n" + variable("ordinal", "1"), POLL)).id());
  }

  @ParameterizedTest(name = "{0} is {1}")
  @CsvSource({
    "2026-11-20T11:59:00Z, 2026-11-20T11:59:00Z",
    "2026-11-20T12:59:00.5+01:00, 2026-11-20T11:59:00.500Z",
    "1795175940, 2026-11-20T11:59:00Z",
    "1795175940250, 2026-11-20T11:59:00.250Z",
    "99999999999, 2026-11-20T12:02:00.123Z",
    "100000000000, 1973-03-03T09:46:40Z",
    "2026-11-20T12:02:00Z, 2026-11-20T12:02:00Z",
    "2030-01-01T00:00:00Z, 2026-11-20T12:02:00.123Z"
  })
  void a_time_is_read_and_held_to_two_minutes_ahead(String said, Instant time) throws Exception {
    Envelope envelope = envelope(apple(variable("time", said), POLL));
    assertEquals(time, envelope.time());
    assertEquals(envelope.time().toEpochMilli(), envelope.rev() / 1000);
  }

  /** The id is made of the time as it was sent: the clock must not make two events of one. */
  @Test
  void a_time_that_is_held_leaves_the_id_as_it_is() throws Exception {
    String own = variable("key", "k7") + "\n" + variable("time", "2026-11-20T12:05:00Z");
    Envelope held = envelope(apple(own, POLL));
    Envelope later =
        envelope(apple(own, new Arrival(NOW.plusSeconds(600), SLOT, POLL.traceparent())));
    assertTrue(held.time().isBefore(later.time()));
    assertEquals(held.id(), later.id());
  }

  @ParameterizedTest(name = "{0}: {1} is refused")
  @CsvSource(
      delimiter = '|',
      value = {
        "type|acme.unknown.seen|type is not registered, it has no schema beside a route",
        "subject|acme:|subject ends in a colon: what should follow is absent",
        "subject|a secret|subject is malformed",
        "time|yesterday|time is neither RFC 3339 nor whole seconds or milliseconds since 1970",
        "time|-5|time is neither RFC 3339 nor whole seconds or milliseconds since 1970",
        "time|1795175940.5|time is neither RFC 3339 nor whole seconds or milliseconds since 1970",
        "time|1969-12-31T23:59:59Z|time is before 1970",
        "time|253402300800000|time is after 9999",
        "key|k7|time is absent: a key of the sender needs a time of the sender, or each poll would make another event of it",
        "ordinal|first|ordinal is not a whole number",
        "ordinal|2147483648|ordinal is not a whole number",
        "rev|-1|rev is not a whole number",
        "channelid|7|channelid is malformed",
        "data|[1]|data is not an object",
        "data|{secret|data is not JSON"
      })
  void what_is_wrong_is_named_and_never_quoted(String attribute, String value, String told)
      throws Exception {
    Exchange exchange = apple(variable(attribute, value), POLL);
    assertEquals(told, refusal(exchange));
  }

  private static String refusal(Exchange exchange) {
    Exception refused = exchange.getException();
    assertTrue(refused instanceof InvalidEnvelope, () -> String.valueOf(refused));
    return String.valueOf(refused.getMessage());
  }

  @Test
  void without_a_poll_there_has_to_be_a_key() throws Exception {
    assertEquals(
        "key is absent, and there is no poll whose slot could stand for it",
        refusal(apple("", null)));
  }

  /** Everything at once, as in a route. */
  private static final String ITEMS =
      """
      - split:
          jsonpath: "$.items[?(@.kind == 'apple')]"
          aggregationStrategy: envelopes
          stopOnException: true
          steps:
            - setVariables:
                variables:
                  - name: type
                    constant: acme.apple.seen
                  - name: subject
                    simple: "acme:${jsonpath($.id)}"
                  - name: time
                    jsonpath: "$.seen"
                  - name: key
                    jsonpath: "$.seen"
                  - name: data.n
                    jsonpath: "$.count"
                  - name: data.text
                    jsonpath:
                      expression: "$.note"
                      suppressExceptions: true
            - to: bean:envelope
      """;

  @Test
  void a_list_becomes_one_list_of_envelopes() throws Exception {
    Exchange exchange =
        well(
            run(
                ITEMS,
                """
                {"items": [
                  {"kind": "apple", "id": 1, "seen": 1795175940, "count": 3, "note": "red"},
                  {"kind": "pear", "id": 2},
                  {"kind": "apple", "id": 3, "seen": 1795175941, "count": 0, "note": null},
                  {"kind": "apple", "id": 4, "seen": 1795175942, "count": 12345678901}]}""",
                POLL));
    List<?> envelopes = exchange.getMessage().getBody(List.class);
    assertEquals(
        List.of(
            "acme:1 2026-11-20T11:59:00Z {\"n\":3,\"text\":\"red\"}",
            "acme:3 2026-11-20T11:59:01Z {\"n\":0}",
            "acme:4 2026-11-20T11:59:02Z {\"n\":12345678901}"),
        envelopes.stream()
            .map(Envelope.class::cast)
            .map(e -> e.subject() + " " + e.time() + " " + e.data())
            .toList());
    assertEquals(
        1,
        envelopes.stream()
            .map(e -> ((Envelope) e).traceparent())
            .collect(Collectors.toSet())
            .size());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"items\": [{\"kind\": \"apple\", \"id\": 1, \"seen\": 1, \"count\": 1}, {\"kind\": \"apple\", \"id\": 2, \"seen\": \"late\", \"count\": 1}]}",
        "{\"items\": [{\"kind\": \"apple\", \"id\": 1, \"seen\": 1, \"count\": 1}, {\"kind\": \"apple\", \"id\": 2, \"seen\": 2}]}",
        "{\"items\": [{\"kind\": \"apple\", \"seen\": 1, \"count\": 1}]}",
        "{\"sorry\": \"not today\"}"
      })
  void one_bad_item_or_another_shape_fails_the_whole(String answer) throws Exception {
    for (String steps : List.of(ITEMS, ITEMS.replace("    stopOnException: true\n", ""))) {
      Exchange exchange = run(steps, answer, POLL);
      assertTrue(exchange.isFailed(), () -> String.valueOf(exchange.getMessage().getBody()));
    }
  }

  @Test
  void nothing_in_a_list_is_a_list_of_nothing() throws Exception {
    Exchange exchange = well(run(ITEMS, "{\"items\": []}", POLL));
    assertEquals(List.of(), exchange.getMessage().getBody());
  }

  @Test
  void fields_of_the_data_may_be_nested_and_null_is_absent() throws Exception {
    Envelope envelope =
        envelope(
            apple(
                """
                - name: data.a.b
                  constant: x
                - name: data.a.c
                  jsonpath:
                    expression: "$.absent"
                    suppressExceptions: true
                - name: data.n
                  jsonpath: "$.n"
                """,
                POLL));
    assertEquals("{\"a\":{\"b\":\"x\"},\"n\":7}", envelope.data().toString());
    assertEquals(
        "{\"n\":1,\"o\":{},\"l\":[null,{}]}",
        envelope(
                apple(
                    variable(
                        "data",
                        "{\"n\":1,\"x\":null,\"o\":{\"y\":null},\"l\":[null,{\"z\":null}]}"),
                    POLL))
            .data()
            .toString());
    assertFalse(envelope.data().has("absent"));
  }
}
