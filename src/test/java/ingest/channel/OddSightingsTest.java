package ingest.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.envelope.EventTypes;
import ingest.store.TestStores;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

/**
 * Events of an upstream whose schema lets anything through, each between two good ones: what is odd
 * is passed over, told and counted, and the batch is committed.
 */
final class OddSightingsTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  @TempDir static Path routes;
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Instant TIME = Instant.parse("2026-05-01T12:00:00Z");
  private static EventTypes types;

  @BeforeAll
  static void load() throws IOException {
    types = ObservingTypes.in(routes);
  }

  @ParameterizedTest(name = "{0} is {1}")
  @CsvSource(
      quoteCharacter = '`',
      delimiter = ';',
      value = {
        "\"Ninja\"; ninja",
        "\"NINJA_1.x-y\"; ninja_1.x-y",
        "\" ninja \"; ninja",
        "12345; 12345",
        "null; -",
        "\"\"; refused",
        "\"   \"; refused",
        "\"two words\"; refused",
        "\"İstanbul\"; refused",
        "\"straße\"; refused",
        "\"\\u212Aick\"; refused", // the sign for kelvin, whose lower case is a k
        "\"ninja\\u0301\"; refused",
        "\"🥷\"; refused",
        "\"\\u202Eninja\"; refused",
        "\"nin\\u0000ja\"; refused",
        "\"\\ud83e\"; refused",
        "\"ｎｉｎｊａ\"; refused",
        "1.5; refused",
        "true; refused",
        "[\"ninja\"]; refused",
        "{}; refused",
      })
  void a_slug(String slug, String outcome) throws Exception {
    assertOutcome(slug, outcome);
  }

  private static void assertOutcome(String slug, String outcome) throws Exception {
    Told told = bring("{\"platform_user_id\": \"7\", \"slug\": " + slug + "}");
    assertEquals(
        List.of("1 one", "2 two", "7 " + (outcome.equals("refused") ? "-" : outcome)), names());
    told.assertRefused(outcome.equals("refused") ? "slug" : "");
  }

  @ParameterizedTest(name = "{0} letters are {1}")
  @CsvSource({"253, taken", "254, refused", "100000, refused"})
  void a_long_slug(int letters, String outcome) throws Exception {
    String slug = "x".repeat(letters);
    assertOutcome("\"" + slug + "\"", outcome.equals("taken") ? slug : outcome);
  }

  @ParameterizedTest(name = "{0} is {1}")
  @CsvSource(
      quoteCharacter = '`',
      delimiter = ';',
      value = {
        "42; 42",
        "\"42\"; 42",
        "123456789012345678901234567890; 123456789012345678901234567890",
        "\"did:plc:z72i7\"; did:plc:z72i7",
        "\"\"; refused",
        "null; refused",
        "1.5; refused",
        "false; refused",
        "[42]; refused",
        "\"4 2\"; refused",
        "\"４２\"; refused",
        "\"4\\u00002\"; refused",
      })
  void an_id(String id, String outcome) throws Exception {
    Told told = bring("{\"platform_user_id\": " + id + ", \"slug\": \"ninja\"}");
    List<String> expected = new ArrayList<>(List.of("1 one", "2 two"));
    if (!outcome.equals("refused")) {
      expected.add(outcome + " ninja");
    }
    assertEquals(expected.stream().sorted().toList(), names());
    told.assertRefused(outcome.equals("refused") ? "platform_user_id" : "");
  }

  @ParameterizedTest(name = "{0}: {1} is {3}")
  @CsvSource(
      quoteCharacter = '`',
      delimiter = ';',
      value = {
        "follower_count; 12; follower_count; 12",
        "follower_count; -1; follower_count; refused",
        "follower_count; 1.5; follower_count; refused",
        "follower_count; 3000000000; follower_count; refused",
        "follower_count; \"12\"; follower_count; refused",
        "viewer_count; -1; follower_count; refused",
        "display_name; \"Nin\\u0000ja\"; display_name; Ninja",
        "display_name; \"\\u202E🥷 ß İ\"; display_name; \u202E🥷 ß İ",
        "display_name; \"a\\ud83e\"; display_name; a?",
        "display_name; \" \"; display_name; -",
        "display_name; 12; display_name; -",
        "is_banned; \"yes\"; is_banned; f",
        "stream_rev; \"5\"; slug_rev; 5",
        "stream_rev; \"-5\"; slug_rev; refused",
        "stream_rev; \"soon\"; slug_rev; refused",
        "stream_rev; \"99999999999999999999\"; slug_rev; refused",
        "stream_rev; \"9999999999999999\"; slug_rev; refused",
        "stream; {\"is_live\": true, \"started_at\": \"0001-01-01T00:00:00Z\"}; stream_started_at; refused",
        "stream; {\"is_live\": true, \"started_at\": \"yesterday\"}; stream_started_at; refused",
        "stream; {\"is_live\": true, \"started_at\": \"2030-01-01T00:00:00Z\"}; stream_started_at; refused",
        "stream; \"on\"; stream_started_at; -",
      })
  void another_field(String field, String value, String column, String outcome) throws Exception {
    Told told =
        bring(
            "{\"platform_user_id\": \"7\", \"slug\": \"ninja\", \"%s\": %s}"
                .formatted(field, value));
    assertEquals(List.of("1 one", "2 two", "7 ninja"), names());
    if (outcome.equals("refused")) {
      told.assertRefused(field.equals("stream") ? "started_at" : field);
    } else {
      told.assertRefused("");
      assertEquals(
          List.of(outcome),
          STORES
              .sql()
              .rows("SELECT " + column + " FROM dm.streamer_channel WHERE platform_user_id = '7'"));
    }
  }

  @Test
  void of_two_ids_with_one_slug_in_one_batch_the_newer_has_it() throws Exception {
    bring(
        "{\"platform_user_id\": \"7\", \"slug\": \"ninja\"}",
        "{\"platform_user_id\": \"8\", \"slug\": \"NINJA\"}");
    assertEquals(List.of("1 one", "2 two", "7 -", "8 ninja"), names());
    assertEquals(List.of(), renames());
  }

  @Test
  void of_two_slugs_of_one_id_in_one_batch_the_newer_is_its_name_and_the_older_its_last()
      throws Exception {
    bring(
        "{\"platform_user_id\": \"7\", \"slug\": \"ninja\"}",
        "{\"platform_user_id\": \"7\", \"slug\": \"ronin\"}");
    assertEquals(List.of("1 one", "2 two", "7 ronin"), names());
    assertEquals(List.of("acme:7|ninja|ronin"), renames());
    assertEquals(List.of("ninja", "ronin"), history());
  }

  @Test
  void a_channel_that_is_seen_without_a_name_first_gets_one_and_was_not_renamed() throws Exception {
    bring("{\"platform_user_id\": \"7\"}", "{\"platform_user_id\": \"7\", \"slug\": \"ninja\"}");
    assertEquals(List.of("1 one", "2 two", "7 ninja"), names());
    assertEquals(List.of(), renames());
    assertEquals(List.of("-", "ninja"), history());
  }

  @Test
  void a_channel_that_another_program_wrote_keeps_its_name_of_before_in_the_history()
      throws Exception {
    STORES
        .sql()
        .run(
            """
            INSERT INTO dm.streamer_channel
                (external_id, platform, platform_user_id, observed_slug, current_slug, first_seen_at)
            VALUES ('01K8ZF6T3Q5W9X7Y2N4M8B1C0D', 'acme', '7', 'ninja', 'ninja', '2026-04-01T00:00:00Z')
            """);
    bring("{\"platform_user_id\": \"7\", \"slug\": \"ronin\"}");
    assertEquals(List.of("ninja", "ronin"), history());
    assertEquals(List.of("acme:7|ninja|ronin"), renames());
  }

  /** What was logged and counted of a batch. */
  private record Told(Delivery delivery, List<String> log) {
    /** Of this field alone; of none where it is empty. */
    void assertRefused(String field) {
      Map<String, Double> counted = new TreeMap<>();
      delivery.meters.find("ingest.channels.refused").counters().stream()
          .filter(c -> c.count() > 0)
          .forEach(c -> counted.put(String.valueOf(c.getId().getTag("field")), c.count()));
      assertEquals(field.isEmpty() ? Map.of() : Map.of(field, (double) log.size()), counted);
      assertEquals(field.isEmpty(), log.isEmpty());
      assertTrue(log.stream().allMatch(l -> l.contains(": " + field + " ")), log::toString);
    }
  }

  /** One commit of a good event, these in this order, a second apart, and another good one. */
  private static Told bring(String... odd) throws InterruptedException, ExecutionException {
    List<Envelope> batch = new ArrayList<>();
    batch.add(event(0, "{\"platform_user_id\": \"1\", \"slug\": \"one\"}"));
    for (String data : odd) {
      batch.add(event(batch.size(), data));
    }
    batch.add(event(batch.size(), "{\"platform_user_id\": \"2\", \"slug\": \"two\"}"));
    Logger logger = (Logger) LoggerFactory.getLogger(ChannelMetrics.class);
    ListAppender<ILoggingEvent> appender = new ListAppender<>();
    appender.start();
    logger.addAppender(appender);
    Delivery delivery = new Delivery(STORES.dm(), types);
    try {
      delivery.deliver(List.of(batch), 1);
    } finally {
      logger.detachAppender(appender);
    }
    assertEquals(
        batch.size(),
        STORES
            .sql()
            .number(
                "SELECT count(*) FROM ingest.ingest_outbox WHERE type = ?", ObservingTypes.ACME));
    return new Told(
        delivery, appender.list.stream().map(ILoggingEvent::getFormattedMessage).toList());
  }

  private static Envelope event(int number, String data) {
    Instant time = TIME.plusSeconds(number);
    String type = ObservingTypes.ACME;
    try {
      return new Envelope(
          EventId.of(time, "acme", type, "acme:odd", "n" + number, 0),
          "acme",
          type,
          type + "/1",
          "acme:odd",
          time,
          Envelope.micros(time),
          null,
          null,
          Envelope.newTraceparent(),
          (ObjectNode) JSON.readTree(data));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(data, e);
    }
  }

  private static List<String> names() {
    return STORES
        .sql()
        .rows(
            "SELECT platform_user_id || ' ' || coalesce(current_slug, '-') FROM dm.streamer_channel")
        .stream()
        .sorted()
        .toList();
  }

  private static List<String> history() {
    return STORES
        .sql()
        .rows(
            """
            SELECT slug FROM dm.streamer_channel_slug_history JOIN dm.streamer_channel c ON c.id = channel_id
            WHERE platform_user_id = '7' ORDER BY observed_from
            """);
  }

  private static List<String> renames() {
    return STORES
        .sql()
        .rows(
            """
            SELECT subject, envelope::json -> 'data' ->> 'old_slug', envelope::json -> 'data' ->> 'slug'
            FROM ingest.ingest_outbox WHERE type = 'acme.channel.renamed'
            """);
  }
}
