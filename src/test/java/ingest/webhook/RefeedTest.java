package ingest.webhook;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.TestMigrations;
import ingest.admin.AdminRefusal;
import ingest.admin.RefeedApi;
import ingest.channel.ChannelMetrics;
import ingest.channel.ChannelNumbers;
import ingest.channel.ChannelState;
import ingest.delivery.Backoff;
import ingest.delivery.Batch;
import ingest.delivery.Claims;
import ingest.delivery.ClickHouseSender;
import ingest.delivery.DeliveryMetrics;
import ingest.delivery.Settlement;
import ingest.delivery.Target;
import ingest.embedded.clickhouse.EngineServer;
import ingest.envelope.Envelope;
import ingest.envelope.EventTypes;
import ingest.kick.KickSender;
import ingest.mapping.Arrival;
import ingest.mapping.Mapper;
import ingest.operation.Audit;
import ingest.outbox.Intake;
import ingest.outbox.Original;
import ingest.outbox.Outbox;
import ingest.outbox.OutboxMetrics;
import ingest.outbox.Owners;
import ingest.outbox.WakeUp;
import ingest.settings.Settings;
import ingest.store.ClickHouse;
import ingest.store.TestStores;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls of Kick over real stores: from their commit into the inbox, and from there once more. */
class RefeedTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final EventTypes TYPES = EventTypes.load(Path.of("routes"));
  private static final Sender KICK = new KickSender();
  private static final Duration LEASE = Duration.ofSeconds(60);
  private static final String FOLLOWED = "kick.channel.followed";

  /** As it was before somebody wrote the mapper of follows. */
  private static final CallMapping YESTERDAYS =
      new CallMapping(
          CallPairs.found(Mapper.class).stream().filter(m -> !m.type().equals(FOLLOWED)).toList(),
          TYPES);

  private static final CallMapping TODAYS = CallPairs.mapping();

  @TempDir static Path folder;
  private static EngineServer engine;
  private static ClickHouse archive;

  private final Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private WakeUp wakeUp;
  private Outbox outbox;
  private Refeed refeed;

  @BeforeAll
  static void start() throws IOException {
    engine =
        EngineServer.start(
            Settings.load(Path.of("no-such-folder"), Map.of()), folder, TestStores::freePort);
    String there = "http://127.0.0.1:" + engine.port();
    TestMigrations.clickHouse(there);
    archive = new ClickHouse(there);
  }

  @AfterAll
  static void stop() {
    engine.close();
  }

  @BeforeEach
  void open() throws Exception {
    for (String table : List.of("raw_events_log", "webhook_inbox_log")) {
      archive.execute("TRUNCATE TABLE vf." + table);
    }
    wakeUp = new WakeUp(STORES.dm());
    outbox =
        new Outbox(
            STORES.dm(),
            new ChannelState(STORES.dm(), TYPES, new ChannelMetrics(meters)),
            TYPES,
            Owners.NONE,
            wakeUp,
            new OutboxMetrics(meters, TYPES),
            LEASE);
    refeed = new Refeed(archive, STORES.dm(), outbox, TODAYS, List.of(KICK));
  }

  @AfterEach
  void close() throws IOException {
    wakeUp.close();
  }

  /** A follow, as it came. */
  private static Call follow(Instant at) throws IOException {
    Map<String, String> headers = new HashMap<>(CallPairs.headers(KICK, "channel.followed"));
    headers.put("kick-event-message-timestamp", at.truncatedTo(ChronoUnit.SECONDS).toString());
    byte[] body = CallPairs.body(KICK, "channel.followed");
    return new Call(
        KICK,
        headers,
        body,
        new Arrival(at, null, KICK.message(headers, body), CallPairs.TRACEPARENT));
  }

  /** Commits a call as the route does, and delivers it. */
  private void arrived(Call call, CallMapping mapping) throws Exception {
    Mapped mapped = mapping.map(call);
    outbox.commit(
        new Intake(
            mapped.envelopes(),
            List.of(),
            new Original(
                mapped.said(),
                requireNonNull(call.arrival.message()).id(),
                "signed",
                call.headers,
                call.body)));
    deliver();
  }

  /** What waits for the archive goes there. */
  private void deliver() throws Exception {
    Target target = Target.clickhouse();
    ClickHouseSender sender =
        new ClickHouseSender(
            archive,
            Map.of(),
            new ChannelNumbers(STORES.dm()),
            new DeliveryMetrics(meters, List.of(target)));
    Claims claims = new Claims(STORES.dm(), LEASE, Duration.ofSeconds(20));
    Settlement settlement = new Settlement(STORES.dm(), new Backoff());
    try (DefaultCamelContext camel = new DefaultCamelContext()) {
      for (Batch batch = claims.chunks(target, 0, 32);
          batch != null;
          batch = claims.chunks(target, 0, 32)) {
        Exchange exchange = new DefaultExchange(camel);
        exchange.getMessage().setBody(batch);
        sender.process(exchange);
        assertNull(batch.broken());
        settlement.settle(batch);
      }
    }
  }

  /** A row of the inbox whose event this test does not need. */
  private static void kept(List<UUID> ids, Instant at, byte[] body, String said, boolean verified)
      throws Exception {
    Map<String, String> headers = CallPairs.headers(KICK, "channel.followed");
    StringBuilder lines = new StringBuilder();
    for (UUID id : ids) {
      Original original = new Original(said, id.toString(), "", headers, body);
      ObjectNode row =
          verified
              ? InboxRow.verified("kick", id, at, original)
              : InboxRow.rejected("kick", id, at, original);
      lines.append(row).append('\n');
    }
    archive.insert(
        InboxRow.TABLE,
        UUID.randomUUID().toString(),
        lines.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static Refeed.Window window(Instant from, Instant to) {
    return new Refeed.Window("kick", from, to, List.of(), false);
  }

  /** All pages, the last of which is empty. */
  private List<Refeed.Page> pages(Refeed.Window window, boolean dry) throws Exception {
    List<Refeed.Page> pages = new ArrayList<>();
    Refeed.Place after = null;
    do {
      Refeed.Page page = refeed.page(window, after, dry);
      pages.add(page);
      after = page.last();
    } while (after != null);
    return pages;
  }

  private static List<String> events() throws Exception {
    return archive
        .text(
            "SELECT concatWithSeparator(' ', type, toString(event_id), toString(time)) FROM vf.raw_events ORDER BY type",
            Map.of())
        .lines()
        .toList();
  }

  private static String told(Envelope envelope) {
    return "%s %s %s"
        .formatted(
            envelope.type(),
            envelope.id(),
            envelope.time().atOffset(ZoneOffset.UTC).toString().replace('T', ' '))
        .replaceAll("Z$", "");
  }

  @Test
  void a_call_that_nobody_understood_yesterday_is_its_event_once_there_is_a_mapper()
      throws Exception {
    Instant yesterday = now.minus(1, ChronoUnit.DAYS);
    STORES.clock(Duration.ofDays(-1));
    arrived(follow(yesterday), YESTERDAYS);
    STORES.clock(Duration.ZERO);
    assertEquals(1, events().size());
    assertTrue(events().get(0).startsWith("kick.unmapped "), events().get(0));

    Refeed.Window all = window(now.minus(2, ChronoUnit.DAYS), now.plusSeconds(60));
    assertEquals(1, refeed.count(all));
    Refeed.Page looked = pages(all, true).get(0);
    assertEquals(Map.of(FOLLOWED, new Refeed.Count(1, 0)), looked.types());
    deliver();
    assertEquals(1, events().size(), "looking changes nothing");

    Refeed.Page fed = pages(all, false).get(0);
    assertEquals(Map.of(FOLLOWED, new Refeed.Count(1, 0)), fed.types());
    assertEquals(Map.of(), fed.unmapped());
    deliver();
    Envelope then = TODAYS.map(follow(yesterday)).envelopes().get(0);
    assertEquals(2, events().size());
    assertEquals(
        told(then).substring(0, told(then).length() - 4),
        events().get(0).substring(0, told(then).length() - 4),
        "it is the event that it would have been, of its own time");
    assertEquals(
        1,
        archive.number("SELECT count() FROM vf.webhook_inbox", Map.of()),
        "its body is there already");

    assertEquals(
        Map.of(FOLLOWED, new Refeed.Count(0, 1)), pages(all, true).get(0).types(), "it is known");
    assertEquals(Map.of(FOLLOWED, new Refeed.Count(0, 1)), pages(all, false).get(0).types());
    deliver();
    assertEquals(2, events().size());
    assertEquals(2, archive.number("SELECT count() FROM vf.raw_events_log", Map.of()));
    assertEquals(2, STORES.sql().number("SELECT count(*) FROM ingest.ingest_outbox"));
  }

  @Test
  void what_is_still_not_understood_is_told_and_stays_as_it_is() throws Exception {
    arrived(follow(now), YESTERDAYS);
    refeed = new Refeed(archive, STORES.dm(), outbox, YESTERDAYS, List.of(KICK));
    Refeed.Page page = pages(window(now.minusSeconds(60), now.plusSeconds(60)), false).get(0);
    assertEquals(Map.of("channel.followed", 1), page.unmapped());
    assertEquals(Map.of(), page.types());
    deliver();
    assertEquals(1, events().size());
  }

  @Test
  void only_what_was_not_understood_is_fed_where_that_is_asked_for() throws Exception {
    arrived(follow(now), TODAYS);
    Refeed.Window unmapped =
        new Refeed.Window("kick", now.minusSeconds(60), now.plusSeconds(60), List.of(), true);
    assertEquals(0, refeed.count(unmapped));
    Map<String, String> headers = new HashMap<>(follow(now).headers);
    headers.put("kick-event-message-id", "01M38NRB4G52F52XF05HW8RBA5");
    byte[] body = follow(now).body;
    arrived(
        new Call(
            KICK,
            headers,
            body,
            new Arrival(now, null, KICK.message(headers, body), CallPairs.TRACEPARENT)),
        YESTERDAYS);
    assertEquals(1, refeed.count(unmapped));
    Refeed.Page page = pages(unmapped, false).get(0);
    assertEquals(1, page.calls());
    assertEquals(2, refeed.count(window(now.minusSeconds(60), now.plusSeconds(60))));
  }

  @Test
  void pages_bring_every_call_once_also_of_one_instant_and_where_copies_are_not_merged()
      throws Exception {
    List<UUID> ids = new ArrayList<>();
    for (int i = 0; i < 1203; i++) {
      ids.add(UUID.randomUUID());
    }
    byte[] body = "{}".getBytes(StandardCharsets.UTF_8);
    archive.execute("SYSTEM STOP MERGES vf.webhook_inbox_log");
    kept(ids, now, body, "channel.followed", true);
    kept(ids.subList(0, 700), now, body, "channel.followed", true);
    kept(List.of(UUID.randomUUID()), now, body, "channel.followed", false);
    kept(List.of(UUID.randomUUID()), now.minusMillis(1), body, "channel.followed", true);
    kept(List.of(UUID.randomUUID()), now.plusMillis(1), body, "channel.followed", true);
    List<Refeed.Page> pages = pages(window(now, now.plusMillis(1)), false);
    assertEquals(List.of(500, 500, 203, 0), pages.stream().map(Refeed.Page::calls).toList());
    assertEquals(Map.of("channel.followed", 500), pages.get(0).unparseable());
    archive.execute("SYSTEM START MERGES vf.webhook_inbox_log");
  }

  @Test
  void a_page_has_a_bounded_number_of_bytes_and_one_call_at_least() throws Exception {
    byte[] large = new byte[5 << 20];
    byte[] half = new byte[2 << 20];
    for (int i = 0; i < 3; i++) {
      kept(List.of(UUID.randomUUID()), now.plusMillis(i), half, "odd", true);
    }
    kept(List.of(UUID.randomUUID()), now.plusMillis(3), large, "odd", true);
    kept(List.of(UUID.randomUUID()), now.plusMillis(4), half, "odd", true);
    assertEquals(
        List.of(2, 2, 1, 0),
        pages(window(now, now.plusSeconds(1)), false).stream().map(Refeed.Page::calls).toList());
  }

  @Test
  void calls_are_picked_by_what_the_sender_says_of_them() throws Exception {
    byte[] body = "{}".getBytes(StandardCharsets.UTF_8);
    for (String said : List.of("a", "it's \\ odd", "c", "")) {
      kept(List.of(UUID.randomUUID()), now, body, said, true);
    }
    Refeed.Window some =
        new Refeed.Window("kick", now, now.plusSeconds(1), List.of("a", "it's \\ odd"), false);
    assertEquals(2, refeed.count(some));
    assertEquals(2, refeed.page(some, null, true).calls());
  }

  @ParameterizedTest(name = "the bytes {0}")
  @ValueSource(strings = {"", "7b7d", "7bff00c37d", "c3a9", "eda080", "00010a5c22"})
  void a_body_comes_back_as_its_bytes(String hex) throws IOException {
    byte[] body = HexFormat.of().parseHex(hex);
    ObjectNode row =
        InboxRow.verified(
            "kick", new UUID(0, 1), now, new Original("", "", "", Map.of("h", "v"), body));
    Map<String, String> headers = new HashMap<>();
    JSON.readTree(row.path("headers").asText())
        .properties()
        .forEach(h -> headers.put(h.getKey(), h.getValue().asText()));
    assertArrayEquals(body, InboxRow.body(row.path("payload").asText(), headers));
  }

  private RefeedApi api(@Nullable Refeed of) {
    return new RefeedApi(of, Clock.fixed(now, ZoneOffset.UTC), new Audit(STORES.dm()));
  }

  @Test
  void the_api_answers_page_by_page_until_none_is_left() throws Exception {
    arrived(follow(now), YESTERDAYS);
    ObjectNode request =
        JSON.createObjectNode()
            .put("source", "kick")
            .put("from", now.minusSeconds(60).toString())
            .put("to", now.plusSeconds(60).toString());
    JsonNode first = JSON.readTree(api(refeed).page(null, request.toString()));
    assertEquals(1, first.path("total").asInt());
    assertEquals(1, first.path("calls").asInt());
    assertEquals(1, first.path("types").path(FOLLOWED).path("new").asInt());
    request.set("after", first.path("after"));
    JsonNode second = JSON.readTree(api(refeed).page(null, request.toString()));
    assertTrue(second.path("after").isNull());
    assertEquals(0, second.path("calls").asInt());
    assertFalse(second.has("total"));
  }

  @ParameterizedTest(name = "{0} from {1} to {2} is {3}")
  @CsvSource({
    "kick, -P29D, PT0S, 200",
    "kick, -P30D, PT0S, 200",
    "kick, -PT720H1S, PT0S, 400",
    "kick, -P31D, -P30D, 400",
    "kick, PT0S, PT0S, 400",
    "kick, PT1S, PT0S, 400",
    "nobody, -P1D, PT0S, 404",
  })
  void a_window_that_the_inbox_does_not_have_is_refused(
      String source, String from, String to, int status) throws Exception {
    String request =
        JSON.createObjectNode()
            .put("source", source)
            .put("from", now.plus(Duration.parse(from)).toString())
            .put("to", now.plus(Duration.parse(to)).toString())
            .toString();
    if (status == 200) {
      assertEquals(0, JSON.readTree(api(refeed).page(null, request)).path("calls").asInt());
    } else {
      assertEquals(
          status, assertThrows(AdminRefusal.class, () -> api(refeed).page(null, request)).status());
    }
  }

  @Test
  void without_an_archive_there_is_nothing_to_feed() throws SQLException {
    assertEquals(409, assertThrows(AdminRefusal.class, () -> api(null).page(null, "{}")).status());
  }
}
