package ingest.claim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.channel.ChannelMetrics;
import ingest.channel.ChannelState;
import ingest.envelope.EventTypes;
import ingest.outbox.Outbox;
import ingest.outbox.OutboxMetrics;
import ingest.outbox.Owners;
import ingest.outbox.WakeUp;
import ingest.store.TestStores;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the commit of a claim leaves in {@code dm}, and who is told. */
final class ClaimedTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  private static final EventTypes TYPES = EventTypes.load(Path.of("routes"));
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Instant AT = Instant.parse("2026-05-01T12:00:00Z");

  private final InternalClaims claims = claims();
  private WakeUp wakeUp;
  private Outbox outbox;

  @BeforeEach
  void open() {
    wakeUp = new WakeUp(STORES.dm());
    outbox = outbox();
    target("stage", "live");
    target("production", "live");
  }

  @AfterEach
  void close() {
    wakeUp.close();
  }

  @Test
  void a_new_channel_is_known_named_and_due_at_once() throws SQLException {
    claim("stage", 17, "4711", "Elm", true, AT);
    assertEquals(
        List.of("kick|4711|elm|elm|0"),
        rows(
            "SELECT platform, platform_user_id, current_slug, h.slug, extract(epoch FROM"
                + " h.observed_from - '2026-05-01T12:00Z')::int FROM dm.streamer_channel c JOIN"
                + " dm.streamer_channel_slug_history h ON h.channel_id = c.id"));
    assertEquals(List.of("t"), rows("SELECT next_probe_at <= ingest.now() FROM dm.probe_schedule"));
  }

  @Test
  void a_verified_claim_lets_the_channel_go_first_until_it_is_given_up() throws SQLException {
    claim("stage", 17, "4711", "elm", false, AT);
    assertEquals(List.of("{}"), verifiedBy());
    claim("stage", 17, "4711", "elm", true, AT.plusSeconds(1));
    claim("stage", 17, "4711", "elm", true, AT.plusSeconds(1));
    claim("production", 4, "4711", "elm", true, AT.plusSeconds(2));
    assertEquals(List.of("{stage:17,production:4}"), verifiedBy());
    claim("stage", 18, "4711", "elm", false, AT.plusSeconds(3));
    claim("stage", 17, "4711", "elm", false, AT.plusSeconds(4));
    assertEquals(List.of("{production:4}"), verifiedBy(), "another streamer's changes nothing");
  }

  private static List<String> verifiedBy() {
    return rows("SELECT verified_by FROM dm.probe_schedule");
  }

  @Test
  void the_event_says_whose_channel_it_is_and_in_which_row() throws Exception {
    claim("stage", 17, "4711", "Elm", true, AT);
    JsonNode event = JSON.readTree(rows("SELECT envelope FROM ingest.ingest_outbox").get(0));
    assertEquals("dm", event.path("source").asText());
    assertEquals("channel.claimed/1", event.path("dataschema").asText());
    assertEquals("kick:4711", event.path("subject").asText());
    assertEquals("1777636800000000", event.path("rev").asText());
    List<String> channel = rows("SELECT external_id, id FROM dm.streamer_channel");
    assertEquals(
        channel,
        List.of(
            event.path("channelid").asText()
                + "|"
                + event.path("data").path("channel_id").asLong()));
    assertEquals(17, event.path("data").path("streamer_id").asInt());
    assertEquals("elm", event.path("data").path("slug").asText());
  }

  @Test
  void no_environment_but_the_one_that_claims_is_told() throws SQLException {
    claim("stage", 17, "4711", "elm", true, AT);
    assertEquals(
        List.of("clickhouse|channel.claimed", "stage|channel.claimed"),
        rows("SELECT target, type FROM ingest.ingest_outbox_delivery ORDER BY 1"));
  }

  @Test
  void an_environment_that_takes_other_types_is_told_of_its_claims() throws SQLException {
    STORES.sql().run("UPDATE ingest.target SET types = '{kick.*}' WHERE name = 'stage'");
    claim("stage", 17, "4711", "elm", true, AT);
    assertEquals(
        List.of("clickhouse", "stage"),
        rows("SELECT target FROM ingest.delivery_chunk ORDER BY 1"));
  }

  @Test
  void a_claim_of_an_environment_that_is_off_is_archived_alone() throws SQLException {
    STORES.sql().run("UPDATE ingest.target SET mode = 'off' WHERE name = 'stage'");
    claim("stage", 17, "4711", "elm", true, AT);
    assertEquals(List.of("clickhouse"), rows("SELECT target FROM ingest.delivery_chunk"));
  }

  @Test
  void the_same_claim_again_from_another_instance_changes_nothing() throws SQLException {
    claim("stage", 17, "4711", "elm", true, AT);
    List<String> before = everything();
    claims(claims(), outbox(), "stage", body(17, "4711", "elm", true, AT));
    assertEquals(before, everything());
  }

  @Test
  void equal_claims_at_one_time_are_one_event() throws Exception {
    int many = 8;
    CountDownLatch go = new CountDownLatch(many);
    ExecutorService threads = Executors.newFixedThreadPool(many);
    List<Future<?>> posted = new ArrayList<>();
    for (int i = 0; i < many; i++) {
      Outbox own = outbox();
      posted.add(
          threads.submit(
              () -> {
                go.countDown();
                go.await();
                claims(claims(), own, "stage", body(17, "4711", "elm", true, AT));
                return null;
              }));
    }
    for (Future<?> one : posted) {
      one.get();
    }
    threads.shutdown();
    assertEquals(1, count("ingest.ingest_outbox"));
    assertEquals(2, count("ingest.delivery_chunk"));
    assertEquals(1, count("dm.streamer_channel"));
    assertEquals(1, count("dm.probe_schedule"));
  }

  @Test
  void claims_of_one_channel_by_several_streamers_are_as_many_events() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    List<Future<?>> posted = new ArrayList<>();
    for (int streamer = 1; streamer <= 20; streamer++) {
      String body = body(streamer, "4711", "elm", true, AT);
      String environment = streamer % 2 == 0 ? "stage" : "production";
      posted.add(
          threads.submit(
              () -> {
                claims(claims(), outbox, environment, body);
                return null;
              }));
    }
    for (Future<?> one : posted) {
      one.get();
    }
    threads.shutdown();
    assertEquals(
        List.of("production|10", "stage|10"),
        rows(
            "SELECT target, count(*) FROM ingest.ingest_outbox_delivery WHERE target <>"
                + " 'clickhouse' GROUP BY 1 ORDER BY 1"));
    assertEquals(1, count("dm.streamer_channel"));
  }

  @Test
  void a_known_channel_keeps_its_id_and_its_schedule() throws SQLException {
    STORES
        .sql()
        .run(
            "INSERT INTO dm.streamer_channel (external_id, platform, platform_user_id) VALUES"
                + " ('01ARZ3NDEKTSV4RRFFQ69G5FAV', 'kick', '4711')");
    STORES
        .sql()
        .run(
            "INSERT INTO dm.probe_schedule (channel_id, next_probe_at) SELECT id, '2026-06-01' FROM"
                + " dm.streamer_channel");
    claim("stage", 17, "4711", "elm", true, AT);
    assertEquals(
        List.of("01ARZ3NDEKTSV4RRFFQ69G5FAV|elm"),
        rows("SELECT external_id, current_slug FROM dm.streamer_channel"));
    assertEquals(
        List.of("01ARZ3NDEKTSV4RRFFQ69G5FAV"), rows("SELECT channelid FROM ingest.ingest_outbox"));
    assertEquals(List.of("2026-06-01"), rows("SELECT next_probe_at::date FROM dm.probe_schedule"));
  }

  @Test
  void a_rename_that_a_claim_shows_is_told_to_everybody_and_the_claim_is_not() throws Exception {
    claim("stage", 17, "4711", "elm", true, AT);
    claim("stage", 18, "4711", "oak", true, AT.plusSeconds(60));
    assertEquals(
        List.of(
            "channel.claimed|clickhouse,stage",
            "channel.claimed|clickhouse,stage",
            "kick.channel.renamed|clickhouse,production,stage"),
        rows(
            "SELECT type, string_agg(target, ',' ORDER BY target) FROM"
                + " ingest.ingest_outbox_delivery GROUP BY event_id, type ORDER BY 1, 2"));
    List<String> before = everything();
    claim("stage", 18, "4711", "oak", true, AT.plusSeconds(60));
    assertEquals(before, everything());
  }

  @Test
  void an_older_claim_does_not_bring_an_older_name_back() throws SQLException {
    claim("stage", 17, "4711", "oak", true, AT.plusSeconds(60));
    claim("stage", 18, "4711", "elm", true, AT);
    assertEquals(List.of("oak"), rows("SELECT current_slug FROM dm.streamer_channel"));
    assertEquals(2, count("ingest.ingest_outbox"));
  }

  @Test
  void a_claim_without_a_name_leaves_the_name_as_it_is() throws SQLException {
    claim("stage", 17, "4711", "elm", true, AT);
    claim("stage", 18, "4711", "no name", false, AT.plusSeconds(60));
    assertEquals(List.of("elm"), rows("SELECT current_slug FROM dm.streamer_channel"));
    assertEquals(2, count("ingest.ingest_outbox"));
  }

  @Test
  void a_channel_of_another_platform_needs_no_type_of_its_own() throws Exception {
    claims(
        claims,
        outbox,
        "stage",
        body(17, "tw1", "elm", true, AT).replace("\"kick\"", "\"twitch\""));
    assertEquals(
        List.of("twitch|tw1|elm"),
        rows("SELECT platform, platform_user_id, current_slug FROM dm.streamer_channel"));
    assertNotEquals(0, count("ingest.ingest_outbox"));
  }

  private void claim(
      String environment, int streamer, String user, String slug, boolean verified, Instant at)
      throws SQLException {
    claims(claims, outbox, environment, body(streamer, user, slug, verified, at));
  }

  private static void claims(InternalClaims claims, Outbox outbox, String environment, String body)
      throws SQLException {
    outbox.commit(claims.intake(claims.parse(body.getBytes(StandardCharsets.UTF_8), environment)));
  }

  private static String body(int streamer, String user, String slug, boolean verified, Instant at) {
    return JSON.createObjectNode()
        .put("streamer_id", streamer)
        .put("platform", "kick")
        .put("platform_user_id", user)
        .put("slug", slug)
        .put("verified", verified)
        .put("claimed_at", at.toString())
        .toString();
  }

  private static InternalClaims claims() {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    return new InternalClaims(
        TYPES, new ChannelMetrics(meters), new ClaimMetrics(meters, List.of()), Clock.systemUTC());
  }

  /** As each instance has its own. */
  private Outbox outbox() {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    return new Outbox(
        STORES.dm(),
        new ChannelState(STORES.dm(), TYPES, new ChannelMetrics(meters)),
        TYPES,
        Owners.NONE,
        wakeUp,
        new OutboxMetrics(meters, TYPES),
        Duration.ofSeconds(60));
  }

  private static void target(String name, String mode) {
    STORES
        .sql()
        .run(
            "INSERT INTO ingest.target (name, kind, mode, types, batch, who, why) VALUES (?,"
                + " 'http', ?, '{*}', 100, 'test', 'test')",
            name,
            mode);
  }

  private static List<String> rows(String query) {
    return STORES.sql().rows(query);
  }

  private static long count(String table) {
    return STORES.sql().number("SELECT count(*) FROM " + table);
  }

  private static List<String> everything() {
    List<String> all = new ArrayList<>();
    for (String table :
        List.of(
            "ingest.event_key",
            "ingest.ingest_outbox",
            "ingest.delivery_chunk",
            "dm.streamer_channel",
            "dm.streamer_channel_slug_history",
            "dm.probe_schedule")) {
      all.addAll(rows("SELECT t::text FROM %s t ORDER BY 1".formatted(table)));
    }
    return all;
  }
}
