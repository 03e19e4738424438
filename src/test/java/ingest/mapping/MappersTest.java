package ingest.mapping;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import acme.Apples;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.envelope.Envelope;
import ingest.envelope.EventTypes;
import ingest.outbox.AcmeEvents;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.apache.camel.support.scan.DefaultPackageScanClassResolver;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Mappers in Java, and the step that calls them. */
final class MappersTest {
  private static final Clock CLOCK = Clock.systemUTC();
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final Path PAYLOADS = Path.of("src/test/resources/payloads");

  /** A mapper whose cases are missing fails here, too. Those of webhooks may be recorded calls. */
  @Test
  void every_mapper_does_what_its_cases_say() throws Exception {
    EventTypes types = EventTypes.load(Path.of("routes"));
    Set<String> called = called();
    for (Class<?> mapper :
        new DefaultPackageScanClassResolver().findImplementations(Mapper.class, "ingest")) {
      if (!mapper.isInterface()) {
        Mapper found = (Mapper) mapper.getConstructor().newInstance();
        if (!called.contains(found.type()) || Files.exists(PAYLOADS.resolve(found.type()))) {
          Pairs.hold(found, types, PAYLOADS);
        }
      }
    }
  }

  /** The types of the events that recorded calls become: CallPairsTest holds them. */
  private static Set<String> called() throws IOException {
    Set<String> called = new HashSet<>();
    try (Stream<Path> files = Files.walk(Path.of("src/test/resources/calls"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".events.json")).toList()) {
        JSON.readTree(file.toFile())
            .path("events")
            .forEach(event -> called.add(event.path("type").asText()));
      }
    }
    return called;
  }

  private static Exchange run(List<Mapper> mappers, @Nullable String type, String body) {
    Exchange exchange = new DefaultExchange(new DefaultCamelContext());
    exchange.getMessage().setBody(body);
    if (type != null) {
      exchange.setVariable("type", type);
    }
    new MapperStep(mappers, AcmeEvents.types(), CLOCK).process(exchange);
    return exchange;
  }

  @Test
  void the_mapper_of_the_type_maps_the_body() {
    Exchange exchange =
        run(List.of(new Apples("acme")), AcmeEvents.APPLE_SEEN, "{\"apples\": [7, 8]}");
    List<?> envelopes = exchange.getMessage().getBody(List.class);
    assertEquals(
        List.of("acme:7 {\"n\":7}", "acme:8 {\"n\":8}"),
        envelopes.stream()
            .map(e -> ((Envelope) e).subject() + " " + ((Envelope) e).data())
            .toList());
  }

  @Test
  void a_type_has_one_mapper_and_a_mapper_the_source_of_its_type() {
    assertEquals(
        "there is no mapper for acme.pear.seen",
        told(List.of(new Apples("acme")), "acme.pear.seen"));
    assertEquals(
        "the variable type is absent: which mapper is meant?",
        told(List.of(new Apples("acme")), null));
    assertEquals(
        "two mappers for acme.apple.seen",
        told(List.of(new Apples("acme"), new Apples("acme")), AcmeEvents.APPLE_SEEN));
    assertEquals(
        "no schema registers acme.apple.seen of other",
        told(List.of(new Apples("other")), AcmeEvents.APPLE_SEEN));
  }

  private static String told(List<Mapper> mappers, @Nullable String type) {
    return String.valueOf(
        assertThrows(IllegalStateException.class, () -> run(mappers, type, "{}")).getMessage());
  }
}
