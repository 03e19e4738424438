package ingest.delivery;

import static ingest.outbox.AcmeEvents.apples;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import ingest.TestMigrations;
import ingest.channel.ChannelNumbers;
import ingest.delivery.clickhouse.TelemetryRows;
import ingest.embedded.clickhouse.EngineServer;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.outbox.Original;
import ingest.outbox.OutboxEvent;
import ingest.settings.Settings;
import ingest.store.ClickHouse;
import ingest.store.DmDatabase;
import ingest.store.TestStores;
import ingest.webhook.CallPairs;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The archive, behind a proxy that drops answers. */
class ClickHouseSenderTest {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static final Target ARCHIVE = Target.clickhouse();

  @RegisterExtension static final TestStores STORES = new TestStores();
  private static final String CHANNEL = "01K5X0000000000000000000A1";

  /** Within the thirty days of the inbox. */
  private static final Instant AT =
      ProcessHandle.current()
          .info()
          .startInstant()
          .orElseThrow()
          .truncatedTo(ChronoUnit.DAYS)
          .plus(Duration.ofNanos(123_456_000));

  private static final String RECEIVED = AT.toString().substring(0, 10) + " 00:00:00.123";

  @TempDir static Path folder;
  private static EngineServer engine;
  private static HttpServer proxy;

  /** Answers that are dropped from now on; the statements are carried out. */
  private static final AtomicInteger DROPPED = new AtomicInteger();

  @BeforeAll
  static void start() throws IOException {
    engine =
        EngineServer.start(
            Settings.load(Path.of("no-such-folder"), Map.of()), folder, TestStores::freePort);
    String there = "http://127.0.0.1:" + engine.port();
    TestMigrations.clickHouse(there);
    proxy = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    proxy.createContext(
        "/",
        call -> {
          try (call) {
            HttpResponse<byte[]> answer =
                HTTP.send(
                    HttpRequest.newBuilder(
                            URI.create(there + "/?" + call.getRequestURI().getRawQuery()))
                        .POST(
                            HttpRequest.BodyPublishers.ofByteArray(
                                call.getRequestBody().readAllBytes()))
                        .build(),
                    HttpResponse.BodyHandlers.ofByteArray());
            if (DROPPED.getAndUpdate(left -> Math.max(0, left - 1)) == 0) {
              call.sendResponseHeaders(
                  answer.statusCode(), answer.body().length == 0 ? -1 : answer.body().length);
              call.getResponseBody().write(answer.body());
            }
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    proxy.start();
  }

  @AfterAll
  static void stop() {
    proxy.stop(0);
    engine.close();
  }

  private static List<OutboxEvent> events(int first, int number) {
    return apples(first, number).stream().map(ClickHouseSenderTest::event).toList();
  }

  private static OutboxEvent event(Envelope envelope) {
    return event(envelope, null);
  }

  private static OutboxEvent event(Envelope envelope, @Nullable Original original) {
    return new OutboxEvent(
        LocalDate.now(ZoneOffset.UTC),
        1,
        0,
        envelope.id(),
        envelope.type(),
        envelope.toJson().getBytes(StandardCharsets.UTF_8),
        AT,
        original);
  }

  private static Batch sent(List<OutboxEvent> events) throws Exception {
    return sent(events, STORES.dm());
  }

  private static Batch sent(List<OutboxEvent> events, DmDatabase dm) throws Exception {
    ClickHouseSender sender =
        new ClickHouseSender(
            new ClickHouse("http://127.0.0.1:" + proxy.getAddress().getPort()),
            CallPairs.found(TelemetryRows.class).stream()
                .collect(Collectors.groupingBy(TelemetryRows::type)),
            new ChannelNumbers(dm),
            new DeliveryMetrics(new SimpleMeterRegistry(), List.of(ARCHIVE)));
    Batch batch = new Batch(ARCHIVE, UUID.randomUUID(), 0, List.of(), List.of(), events);
    try (DefaultCamelContext camel = new DefaultCamelContext()) {
      Exchange exchange = new DefaultExchange(camel);
      exchange.getMessage().setBody(batch);
      sender.process(exchange);
    }
    return batch;
  }

  private static long number(String query) throws Exception {
    return new ClickHouse("http://127.0.0.1:" + engine.port()).number(query, Map.of());
  }

  @Test
  void an_insert_whose_answer_is_dropped_and_that_comes_again_otherwise_composed_counts_once()
      throws Exception {
    DROPPED.set(1);
    Batch unanswered = sent(events(0, 60));
    assertNotNull(unanswered.broken());
    assertNull(unanswered.outcome(unanswered.events().get(0).id), "nothing is settled by it");
    assertEquals(
        60,
        number("SELECT count() FROM vf.raw_events WHERE type = 'acme.apple.seen'"),
        "and yet it is there");

    for (List<OutboxEvent> other : List.of(events(0, 30), events(20, 60), events(0, 60))) {
      assertNull(sent(other).broken());
    }
    assertEquals(80, number("SELECT count() FROM vf.raw_events WHERE type = 'acme.apple.seen'"));
    assertEquals(
        80,
        number("SELECT uniqExact(event_id) FROM vf.raw_events_log WHERE type = 'acme.apple.seen'"));
  }

  private static String text(String query) throws Exception {
    return new ClickHouse("http://127.0.0.1:" + engine.port()).text(query, Map.of());
  }

  private static Original call(byte[] body) {
    return new Original(
        "applicantReviewed", "m1", "s1", Map.of("x-payload-digest", "s1", "odd", "\ud800"), body);
  }

  private static Envelope of(String source, int number) {
    Envelope apple = apples(number, 1).get(0);
    return new Envelope(
        apple.id(),
        source,
        source + ".thing.seen",
        source + ".thing.seen/1",
        source + ":1",
        apple.time(),
        apple.rev(),
        null,
        null,
        apple.traceparent(),
        apple.data());
  }

  @Test
  void a_call_is_in_the_inbox_with_the_id_and_time_of_its_event_and_once() throws Exception {
    OutboxEvent event =
        event(of("acme", 500), call("{\"n\": \"\u00e9\"}".getBytes(StandardCharsets.UTF_8)));
    for (List<OutboxEvent> batch :
        List.of(List.of(event), List.of(event, event(of("acme", 501))))) {
      assertNull(sent(batch).broken());
    }
    assertEquals(
        "shared|acme|%s|%s|applicantReviewed|m1|true|s1|{\"odd\":\"?\",\"x-payload-digest\":\"s1\"}|{\"n\": \"\u00e9\"}"
            .formatted(RECEIVED, event.id),
        text(
            "SELECT concatWithSeparator('|', env, source, received_at, event_id, event_type, message_id, verified, signature, headers, payload) FROM vf.webhook_inbox WHERE source = 'acme' FORMAT TSVRaw"));
    assertEquals(
        0,
        number("SELECT count() FROM vf.sumsub_webhooks WHERE event_id = '%s'".formatted(event.id)));
  }

  @Test
  void a_body_that_is_no_text_is_kept_byte_for_byte() throws Exception {
    byte[] body = {'{', (byte) 0xff, 0, (byte) 0xc3, '}'};
    assertNull(sent(List.of(event(of("bytes", 510), call(body)))).broken());
    assertEquals(
        "base64|7BFF00C37D",
        text(
            "SELECT JSONExtractString(headers, ':encoding') || '|' || hex(base64Decode(payload)) FROM vf.webhook_inbox WHERE source = 'bytes'"));
    byte[] controls = {'"', 0, 1, '\n', '\\', 0x7f};
    assertNull(sent(List.of(event(of("controls", 511), call(controls)))).broken());
    assertEquals(
        "2200010A5C7F",
        text("SELECT hex(payload) FROM vf.webhook_inbox WHERE source = 'controls'"));
  }

  @ParameterizedTest(name = "{0} is {1}")
  @CsvSource(
      delimiter = ';',
      value = {
        "{\"applicantId\":\"a1\",\"createdAtMs\":\"2020-02-21 13:23:19.002\",\"createdAt\":\"2020-02-21 13:23:19+0000\",\"reviewStatus\":\"completed\",\"reviewResult\":{\"reviewAnswer\":\"RED\"}};a1|2020-02-21 13:23:19.002|completed|RED",
        "{\"applicantId\":\"a2\",\"createdAt\":\"2023-03-14 14:50:27+0200\"};a2|2023-03-14 12:50:27.000||",
        "{\"applicantId\":7,\"createdAtMs\":7,\"reviewResult\":[]};7|ARRIVAL||",
        "{\"createdAtMs\":\"9999-12-31 00:00:00.000\"};|ARRIVAL||",
        "[1];|ARRIVAL||",
        "no JSON;|ARRIVAL||",
      })
  void a_call_of_sumsub_is_in_the_story_of_its_applicant(String body, String row) throws Exception {
    int number = 600 + Math.floorMod(body.hashCode(), 1000);
    OutboxEvent event = event(of("sumsub", number), call(body.getBytes(StandardCharsets.UTF_8)));
    assertNull(sent(List.of(event)).broken());
    assertEquals(
        row.replace("ARRIVAL", RECEIVED) + "|" + RECEIVED + "|applicantReviewed|" + body,
        text(
            "SELECT concatWithSeparator('|', applicant_id, created_at, review_status, review_answer, received_at, event_type, payload) FROM vf.sumsub_webhooks WHERE event_id = '%s' FORMAT TSVRaw"
                .formatted(event.id)));
  }

  @Test
  void chat_is_written_under_dms_own_id_of_the_channel() throws Exception {
    STORES
        .sql()
        .run(
            "INSERT INTO dm.streamer_channel (id, external_id, platform, platform_user_id) VALUES (4711, ?, 'kick', '900000001')",
            CHANNEL);
    Instant said = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    List<OutboxEvent> lines = List.of(event(chat(CHANNEL, said)));
    String mine = " FROM vf.kick_chat_message WHERE channel_id = 4711";

    try (DmDatabase away = away()) {
      Batch broken = sent(lines, away);
      assertNotNull(broken.broken(), "whose chat it is cannot be told");
      assertNull(broken.outcome(lines.get(0).id), "so nothing is settled");
    }
    assertEquals(
        0,
        number(
            "SELECT count() FROM vf.raw_events WHERE event_id = '%s'".formatted(lines.get(0).id)));

    for (int again = 0; again < 2; again++) {
      Batch sent = sent(lines);
      assertNull(sent.broken());
      assertInstanceOf(Outcome.Settled.class, sent.outcome(lines.get(0).id));
    }
    assertEquals(1, number("SELECT count()" + mine));
    assertEquals(
        1,
        number(
            "SELECT count()"
                + mine
                + " AND toUnixTimestamp64Milli(created_at) = "
                + said.toEpochMilli()
                + " AND channel_slug = 'maple-channel' AND platform_user_id = '900000101' AND username = 'cedar_fan' AND startsWith(content, 'Hello [emote:') AND badges_json LIKE '[{\"type\":\"subscriber\",%' AND emotes_json LIKE '[{\"emote_id\":\"4148074\",%'"));
  }

  @Test
  void chat_of_a_channel_that_dm_does_not_know_is_a_raw_event_alone() throws Exception {
    assertNull(sent(List.of(event(chat("01K5X0000000000000000000A9", Instant.now())))).broken());
    assertEquals(
        1,
        number(
            "SELECT count() FROM vf.raw_events WHERE type = 'kick.chat.message.sent' AND position(envelope, '01K5X0000000000000000000A9') > 0"));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "channel.subscription.new|kind = 'subscription' AND user_id = '900000104' AND amount = 1 AND expires_at = '2026-10-24 03:06:40.512' AND item IS NULL AND status IS NULL AND reference IS NULL AND empty(others)",
        "channel.subscription.renewal|kind = 'renewal' AND user_id = '900000105' AND amount = 4",
        "channel.subscription.gifts|kind = 'gifts' AND user_id = '900000106' AND amount = 2 AND others = ['900000107', '900000108']",
        "channel.subscription.gifts-anonymous|kind = 'gifts' AND user_id IS NULL AND amount = 1 AND others = ['900000109']",
        "channel.reward.redemption.updated-pending|kind = 'redemption' AND user_id = '900000110' AND amount = 1000 AND item = 'Song request' AND status = 'pending' AND reference = '01M38P6J70AJXF5P9DPF7CVDHW'",
        "kicks.gifted|kind = 'kicks' AND user_id = '900000113' AND amount = 500 AND item = 'Rage Quit' AND expires_at IS NULL",
        "moderation.banned-timeout|kind = 'ban' AND user_id = '900000111' AND amount IS NULL AND others = ['900000112'] AND expires_at = '2026-09-24 03:20:05.000'",
        "moderation.banned-permanent|kind = 'ban' AND others = ['900000112'] AND expires_at IS NULL"
      })
  void what_viewers_did_is_a_row_of_the_channel(String name, String row) throws Exception {
    Instant happened = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    List<OutboxEvent> events = List.of(event(recorded(name, happened)));
    assertNull(sent(events).broken());
    assertNull(sent(events).broken());
    String query =
        "SELECT count() FROM vf.kick_channel_activity WHERE env = 'shared' AND platform = 'kick' AND platform_user_id = '900000001' AND toUnixTimestamp64Milli(ts) = %d AND event_id = '%s'"
            .formatted(happened.toEpochMilli(), events.get(0).id);
    assertEquals(1, number(query));
    assertEquals(1, number(query + " AND " + row));
  }

  /** A line of just now: the table keeps thirty days. */
  private static Envelope chat(String channel, Instant said) throws IOException {
    return recorded("chat.message.sent", said).of(channel);
  }

  /** As if it had happened now: tables forget what is old. */
  private static Envelope recorded(String name, Instant happened) throws IOException {
    Path events = Path.of("src/test/resources/calls/kick/" + name + ".events.json");
    ObjectNode event =
        (ObjectNode) new ObjectMapper().readTree(events.toFile()).path("events").path(0);
    String id =
        EventId.text(
            EventId.of(happened, "kick", "recorded", name, UUID.randomUUID().toString(), 0));
    return Envelope.of(event.put("id", id).put("time", happened.toString()));
  }

  /** A database that nobody serves. */
  private static DmDatabase away() {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl("jdbc:postgresql://127.0.0.1:" + TestStores.freePort() + "/dm");
    config.setConnectionTimeout(250);
    config.setInitializationFailTimeout(-1);
    return new DmDatabase(new HikariDataSource(config));
  }
}
