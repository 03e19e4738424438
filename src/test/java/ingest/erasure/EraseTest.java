package ingest.erasure;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.TestMigrations;
import ingest.channel.ChannelMetrics;
import ingest.channel.ChannelNumbers;
import ingest.channel.ChannelState;
import ingest.consumer.Consumer;
import ingest.consumer.Result;
import ingest.delivery.Backoff;
import ingest.delivery.Batch;
import ingest.delivery.Claims;
import ingest.delivery.ClickHouseSender;
import ingest.delivery.DeliveryMetrics;
import ingest.delivery.Outcome;
import ingest.delivery.Settlement;
import ingest.delivery.Target;
import ingest.delivery.clickhouse.TelemetryRows;
import ingest.embedded.clickhouse.EngineServer;
import ingest.envelope.EventId;
import ingest.envelope.EventType;
import ingest.envelope.EventTypes;
import ingest.envelope.Persons;
import ingest.kick.KickSender;
import ingest.mapping.Arrival;
import ingest.operation.Actor;
import ingest.operation.Held;
import ingest.operation.Operation;
import ingest.operation.OperationMetrics;
import ingest.operation.Operations;
import ingest.outbox.Intake;
import ingest.outbox.Original;
import ingest.outbox.Outbox;
import ingest.outbox.OutboxEvent;
import ingest.outbox.OutboxMetrics;
import ingest.outbox.Owners;
import ingest.outbox.WakeUp;
import ingest.projection.Projector;
import ingest.resend.ResendSender;
import ingest.settings.Settings;
import ingest.signature.Secret;
import ingest.store.ClickHouse;
import ingest.store.TestStores;
import ingest.sumsub.SumsubSender;
import ingest.webhook.Call;
import ingest.webhook.CallMapping;
import ingest.webhook.CallPairs;
import ingest.webhook.Mapped;
import ingest.webhook.Sender;
import ingest.x.XSender;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.zip.GZIPOutputStream;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A person in every call that third parties make, in every store; then they are erased. */
class EraseTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final EventTypes TYPES = EventTypes.load(Path.of("routes"));
  private static final Duration LEASE = Duration.ofSeconds(60);
  private static final Actor ANN = new Actor("ann", "they asked for it");

  @SuppressWarnings("TimeInStaticInitializer") // the archive drops what is a month old
  private static final String YESTERDAY = LocalDate.now(ZoneOffset.UTC).minusDays(1).toString();

  private static final Target STAGE =
      new Target(
          "stage",
          Target.HTTP,
          List.of("*"),
          500,
          URI.create("http://127.0.0.1:1/"),
          List.of(Secret.parse("whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")));

  /** Whom the calls name in the place of who stands in their files. */
  private static final List<List<String>> PLANTED =
      List.of(
          List.of("\\b[0-9a-f]{4}([0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-)", "7777$1"),
          List.of("9000001\\d\\d", "777000111"),
          List.of("[a-z]+_fan", "planted_person"),
          List.of("[a-z]+-fan", "planted-person"),
          List.of("172dd4a0366000604e2c4de4", "aaaaplantedaaaa0001"),
          List.of("user-000123", "planted-user-77"),
          List.of("person@example\\.org", "Planted.Person@Example.org"),
          List.of("1000000000000000002", "7770001110000000002"),
          List.of("oak_example", "planted_person"),
          List.of("2026-09-24", YESTERDAY));

  private static final List<String> TRACES =
      List.of(
          "777000111",
          "planted_person",
          "planted-person",
          "planted-channel",
          "planted_channel",
          "aaaaplantedaaaa0001",
          "planted-user-77",
          "planted.person@example.org",
          "7777e227-5b13-4050-b29f-fec48e45817f",
          "7770001110000000002");

  private static final List<String> IDENTITIES =
      List.of(
          "kick:777000111",
          "x:7770001110000000002",
          "sumsub:aaaaplantedaaaa0001",
          "sumsub:planted-user-77",
          Persons.email("planted.person@example.org"),
          Persons.name("planted_person"),
          Persons.name("planted-person"),
          Persons.name("planted-channel"),
          Persons.name("planted_channel"));

  @TempDir static Path folder;
  private static EngineServer engine;
  private static ClickHouse archive;

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final DefaultCamelContext camel = new DefaultCamelContext();
  private final CallMapping mapping = CallPairs.mapping();
  private final Consumer consumer = new Consumer(STORES.env(), projectors(), List.of(), TYPES);
  private final Path objects = folder.resolve("chat-export");
  private WakeUp wakeUp;
  private Outbox outbox;
  private Operations operations;
  private Erase erase;

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
    for (String table :
        archive
            .text(
                "SELECT name FROM system.tables WHERE database = 'vf' AND engine LIKE '%MergeTree'",
                Map.of())
            .lines()
            .toList()) {
      archive.execute("TRUNCATE TABLE vf." + table);
    }
    STORES
        .owner()
        .run(
            "TRUNCATE ingest.operation, ingest.audit, ingest.erasure, ingest.erased_identity, ingest.erased_chunk, dm.chat_archive_erased, dm.scrape_log, dm.sheet_row, dm.sheet RESTART IDENTITY");
    STORES.envSql().run("TRUNCATE public.erased_subject, public.streamer_trust_scores");
    STORES
        .sql()
        .run(
            "INSERT INTO ingest.target (name, kind, mode, types, batch, who, why) VALUES ('stage', 'http', 'live', '{*}', 500, 'test', 'test')");
    wakeUp = new WakeUp(STORES.dm());
    openOutbox();
    camel.addRoutes(
        new RouteBuilder() {
          @Override
          public void configure() {
            from("direct:erase").routeId("erase").log("page");
          }
        });
    camel.start();
    operations = instance();
    Files.createDirectories(objects);
    erase = new Erase(STORES.dm(), operations, archive, ChatObjects.in(objects), outbox, TYPES);
  }

  private Operations instance() {
    return new Operations(
        camel, STORES.dm(), new OperationMetrics(new SimpleMeterRegistry(), STORES.dm()), LEASE);
  }

  /** A process that knows who was erased as of now. */
  private void openOutbox() {
    outbox =
        new Outbox(
            STORES.dm(),
            new ChannelState(STORES.dm(), TYPES, new ChannelMetrics(meters))
                .and(new ErasedState(STORES.dm())),
            TYPES,
            Owners.NONE,
            wakeUp,
            new OutboxMetrics(meters, TYPES),
            LEASE);
  }

  @AfterEach
  void close() throws IOException {
    wakeUp.close();
    camel.close();
  }

  private static List<Projector<?>> projectors() {
    List<Projector<?>> projectors = new ArrayList<>();
    CallPairs.found(Projector.class, "ingest.projection").forEach(projectors::add);
    return projectors;
  }

  private static String planted(String text) {
    String planted = text;
    for (List<String> replacing : PLANTED) {
      planted = planted.replaceAll(replacing.get(0), replacing.get(1));
    }
    return planted;
  }

  private Mapped mapped(Sender sender, String name, String message, String body)
      throws IOException {
    Map<String, String> headers = CallPairs.headers(sender, name);
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    Arrival.Message told = sender.message(headers, bytes);
    Call call =
        new Call(
            sender,
            headers,
            bytes,
            new Arrival(
                Instant.now(),
                null,
                new Arrival.Message(told.id() + message, told.since(), told.sentAt()),
                CallPairs.TRACEPARENT));
    return mapping.map(call);
  }

  /** Commits each call of a sender, with the person in it or with whoever stands in its file. */
  private void arrive(Sender sender, boolean person) throws Exception {
    for (String name : CallPairs.cases(sender)) {
      String body = new String(CallPairs.body(sender, name), StandardCharsets.ISO_8859_1);
      arrive(
          sender,
          name,
          person ? "-p" : "-o",
          person ? planted(body) : body.replace("2026-09-24", YESTERDAY));
    }
  }

  /** As well in the place of the broadcaster. */
  private void broadcasts() throws Exception {
    Sender sender = new KickSender();
    for (String name : CallPairs.cases(sender)) {
      String body =
          new String(CallPairs.body(sender, name), StandardCharsets.ISO_8859_1)
              .replaceAll("\\b[0-9a-f]{4}([0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-)", "5555$1")
              .replace("900000001", "777000111")
              .replace("maple", "planted")
              .replace("2026-09-24", YESTERDAY);
      arrive(sender, name, "-b", body);
    }
  }

  private void arrive(Sender sender, String name, String message, String body) throws Exception {
    Mapped mapped = mapped(sender, name, message, body);
    outbox.commit(
        new Intake(
            mapped.envelopes(),
            List.of(),
            new Original(
                mapped.said(), name, "signed", Map.of(), body.getBytes(StandardCharsets.UTF_8))));
  }

  private ClickHouseSender sender(Target clickHouse) {
    return new ClickHouseSender(
        archive,
        CallPairs.found(TelemetryRows.class).stream()
            .collect(Collectors.groupingBy(TelemetryRows::type)),
        new ChannelNumbers(STORES.dm()),
        new DeliveryMetrics(meters, List.of(clickHouse)));
  }

  /** All that waits goes to the archive and to the environment. */
  private void deliver() throws Exception {
    Target clickHouse = Target.clickhouse();
    ClickHouseSender sender = sender(clickHouse);
    Claims claims = new Claims(STORES.dm(), LEASE, Duration.ofSeconds(20));
    Settlement settlement = new Settlement(STORES.dm(), new Backoff());
    for (Batch batch = claims.chunks(clickHouse, 0, 32);
        batch != null;
        batch = claims.chunks(clickHouse, 0, 32)) {
      Exchange exchange = new DefaultExchange(camel);
      exchange.getMessage().setBody(batch);
      sender.process(exchange);
      assertNull(batch.broken());
      settlement.settle(batch);
    }
    for (Batch batch = claims.chunks(STAGE, 0, 32);
        batch != null;
        batch = claims.chunks(STAGE, 0, 32)) {
      List<JsonNode> events = new ArrayList<>();
      for (OutboxEvent event : batch.events()) {
        events.add(JSON.readTree(event.envelope));
      }
      Map<String, Result> results = consumer.consume(events);
      for (OutboxEvent event : batch.events()) {
        Result result = requireNonNull(results.get(EventId.text(event.id)));
        assertFalse(result instanceof Result.Failed, event.type + ": " + result);
        assertFalse(result instanceof Result.Unknown, event.type);
        batch.put(event.id, new Outcome.Settled("applied"));
      }
      settlement.settle(batch);
    }
  }

  /** What the archive has of chat, as it is exported. */
  private void export(String name) throws Exception {
    String lines =
        archive.text(
            """
            SELECT env, channel_id, created_at, event_id, channel_slug, message_id, platform_user_id, username, content
            FROM vf.kick_chat_message ORDER BY created_at, event_id
            FORMAT JSONEachRow SETTINGS date_time_output_format = 'iso', output_format_json_quote_64bit_integers = 0
            """,
            Map.of());
    Path file = objects.resolve("shared/" + YESTERDAY + "/1/" + name + ".0001.ndjson.gz");
    Files.createDirectories(requireNonNull(file.getParent()));
    try (GZIPOutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      out.write((lines + "\n").getBytes(StandardCharsets.UTF_8));
    }
  }

  private static Everywhere everywhere() {
    return new Everywhere(STORES.owner(), STORES.envSql(), archive, folder.resolve("chat-export"));
  }

  /** Begins one and does it to its end; what waits is delivered between its pages. */
  private Operation erased(Collection<String> identities, boolean dry) throws Exception {
    long id = new Erasures(STORES.dm()).begin(identities, dry, ANN);
    return done(id);
  }

  private Operation done(long id) throws Exception {
    STORES.clock(Duration.ofSeconds(11)); // every process has looked by then
    Exchange exchange = new DefaultExchange(camel);
    assertTrue(operations.claim(exchange));
    assertEquals(id, Held.of(exchange).id());
    while (operations.goesOn(exchange)) {
      erase.page(exchange);
      operations.progressed(exchange);
      deliver();
    }
    operations.ended(exchange);
    Operation ended = operations.find(id).orElseThrow();
    assertEquals("done", ended.state(), String.valueOf(ended.error()));
    return ended;
  }

  private static final List<Sender> SENDERS =
      List.of(new KickSender(), new SumsubSender(), new ResendSender(), new XSender());

  private void othersArrive() throws Exception {
    for (Sender sender : SENDERS) {
      arrive(sender, false);
    }
    deliver();
  }

  private void thePersonArrives() throws Exception {
    for (Sender sender : SENDERS) {
      arrive(sender, true);
    }
    broadcasts();
    deliver();
  }

  /** What pollers and operators have of the person's channel, and what old writers left. */
  private static void isKnownOtherwise() throws Exception {
    long channel =
        STORES
            .sql()
            .number("SELECT id FROM dm.streamer_channel WHERE platform_user_id = '777000111'");
    for (String row :
        List.of(
            "dm.event_subscription (channel_id, subscription_id, event, version, status, created_at) VALUES (%d, 's', 'chat.message.sent', '1', 'requested', now())",
            "dm.event_subscription_refusal (channel_id, event, reason, since, at) VALUES (%d, 'e', 'planted-channel is banned', now(), now())",
            "dm.scrape_log (channel_id, at, provider, target, ms, response) VALUES (%d, now(), 'scrape-do', 'https://kick.com/api/v2/channels/planted-channel', 5, '{\"user_id\": 777000111}')",
            "dm.scrape_log (channel_id, at, provider, target, ms) VALUES (nullif(%d, 0) * NULL, now(), 'scrape-do', 'https://kick.com/planted-channel', 5)",
            "dm.scrape_job (job_key, job_id, poller, channel_id, status, ordered_at, check_at) VALUES ('planted-channel', 'j', 'p', %d, 'ordered', now(), now())",
            "dm.channel_poll (poller, channel_id, next_at) VALUES ('x', %d, now())",
            "dm.account_missing (channel_id, reason, since, asked_at) VALUES (%d, 'other', now(), now())",
            "dm.skipped_page (poller, channel_ids, slot, error, skipped_at) VALUES ('x', ARRAY[%d, 999999], now(), 'e', now())",
            "ingest.audit (at, who, why, action, what) VALUES (now(), 'ann', 'a try of %d', 'replay', '{\"subjects\": [\"kick:777000111\"]}')")) {
      STORES.owner().run("INSERT INTO " + row.formatted(channel));
    }
    STORES
        .owner()
        .run(
            "INSERT INTO dm.sheet (sheet, sync, synced_at, live_rows) VALUES ('partners', gen_random_uuid(), now(), 1)");
    STORES
        .owner()
        .run(
            "INSERT INTO dm.sheet_row (sheet, row_key, hash, deleted, changed_at) VALUES ('partners', 'Planted.Person@example.org', decode(repeat('00', 32), 'hex'), false, now())");
    STORES.envSql().run("INSERT INTO public.streamers (id) VALUES (7) ON CONFLICT DO NOTHING");
    STORES
        .envSql()
        .run(
            "INSERT INTO public.streamer_channel_link (streamer_id, channel_id, verified) VALUES (7, ?, true)",
            channel);
    STORES
        .envSql()
        .run(
            "INSERT INTO public.channel_claim (event_id, streamer_id, channel_id, platform, platform_user_id, claimed_at, held_by, reason) VALUES (gen_random_uuid(), 7, ?, 'kick', '777000111', now(), 1, 'held')",
            channel);
    STORES
        .envSql()
        .run(
            "INSERT INTO public.streamer_trust_scores (channel_id, platform, platform_user_id, score, computed_at) VALUES (?, 'kick', '777000111', 0.5, now())",
            channel);
    for (String rows :
        List.of(
            "vf.kick_streamer_probe_log (env, platform, platform_user_id, ts, event_id, slug) VALUES ('stage', 'kick', '777000111', now64(3), generateUUIDv4(), 'planted-channel')",
            "vf.streamer_trust_score_history_log (env, platform, platform_user_id, ts, event_id, score) VALUES ('stage', 'kick', '777000111', now64(3), generateUUIDv4(), 1)",
            "vf.kick_chat_message_log (env, channel_id, created_at, event_id, platform_user_id, username) VALUES ('stage', 12345, now64(3), generateUUIDv4(), '777000111', 'planted_person')")) {
      archive.execute("INSERT INTO " + rows);
    }
  }

  /** The rows that there are, by what tells them from each other, but for what is erased. */
  private static List<String> rows() throws Exception {
    List<String> rows = new ArrayList<>();
    for (String table :
        List.of(
            "webhook_inbox",
            "kick_chat_message",
            "kick_channel_activity",
            "sumsub_webhooks",
            "raw_events WHERE subject <> 'erased'")) {
      rows.addAll(
          archive
              .text(
                  "SELECT concat('%s ', toString(event_id)) FROM vf.%s"
                      .formatted(table.split(" ", -1)[0], table),
                  Map.of())
              .lines()
              .toList());
    }
    rows.addAll(STORES.envSql().rows("SELECT 'kyc ' || applicant_id FROM public.kyc_status"));
    rows.addAll(STORES.envSql().rows("SELECT 'email ' || email_id FROM public.email_delivery"));
    rows.addAll(
        STORES.envSql().rows("SELECT 'channel ' || platform_user_id FROM public.channel_snapshot"));
    rows.addAll(
        STORES.sql().rows("SELECT 'channel ' || platform_user_id FROM dm.streamer_channel"));
    return rows;
  }

  @Test
  void nothing_of_a_person_is_found_anywhere_and_everybody_else_stays() throws Exception {
    othersArrive();
    assertEquals("sumsub", done(1).who(), "who says that an applicant's data was deleted");
    List<String> others = rows();
    assertTrue(others.size() > 100, others::toString);
    thePersonArrives();
    isKnownOtherwise();
    export("both");
    List<String> before = everywhere().find(TRACES);
    for (String store :
        List.of(
            "dm ingest.ingest_outbox",
            "dm dm.streamer_channel",
            "dm dm.scrape_log",
            "dm dm.sheet_row",
            "dm ingest.audit",
            "env public.channel_snapshot",
            "env public.kyc_status",
            "env public.email_delivery",
            "env public.channel_claim",
            "clickhouse raw_events",
            "clickhouse webhook_inbox",
            "clickhouse sumsub_webhooks",
            "clickhouse kick_chat_message",
            "clickhouse kick_channel_activity",
            "clickhouse kick_streamer_probe",
            "both.")) {
      assertTrue(before.stream().anyMatch(f -> f.contains(store)), store + " in " + before);
    }
    List<JsonNode> posted = archived();
    long events = STORES.sql().number("SELECT count(*) FROM ingest.ingest_outbox");

    done(2); // the person's applicant, likewise
    Operation looked = erased(IDENTITIES, true);
    assertFalse(everywhere().find(TRACES).isEmpty(), "a dry run changes nothing");
    Operation erasure = erased(IDENTITIES, false);

    assertEquals(List.of(), everywhere().find(TRACES), erasure.counts().toString());
    for (Map.Entry<String, JsonNode> count : erasure.counts().properties()) {
      if (count.getKey().endsWith(".found")) {
        String store = count.getKey().replace(".found", "");
        assertEquals(count.getValue(), erasure.counts().path(store + ".erased"), store);
        assertEquals(
            count.getValue(),
            looked.counts().path(count.getKey()),
            "as the dry run said: " + store);
      }
    }
    assertEquals(
        events + 2,
        STORES.sql().number("SELECT count(*) FROM ingest.ingest_outbox"),
        "none has gone; two erasures were told since");
    assertEquals(
        STORES.sql().rows("SELECT event_id FROM ingest.ingest_outbox ORDER BY 1"),
        archive
            .text("SELECT toString(event_id) AS id FROM vf.raw_events ORDER BY id", Map.of())
            .lines()
            .toList());
    assertEquals(
        STORES.sql().rows("SELECT event_id, envelope FROM ingest.ingest_outbox ORDER BY 1"),
        archive
            .text(
                "SELECT concat(toString(event_id), '|', envelope) AS e FROM vf.raw_events ORDER BY toString(event_id) FORMAT TSVRaw",
                Map.of())
            .lines()
            .toList(),
        "a tombstone is the same in both");
    assertEquals(
        events + 2 - never(),
        STORES.envSql().number("SELECT count(*) FROM public.processed_events"),
        "the environment has every id that it had");
    List<String> lost = new ArrayList<>(others);
    lost.removeAll(rows());
    assertEquals(List.of(), lost, "of others nothing is missing");

    replayed(posted);
    assertEquals(List.of(), everywhere().find(TRACES), "a replay of what was brings nothing back");
    thePersonArrives();
    assertEquals(List.of(), everywhere().find(TRACES), "nor does what comes again");
    long tombs = tombs();
    for (Sender sender : SENDERS) {
      for (String name : CallPairs.cases(sender)) {
        if (name.contains("ahead")) {
          continue; // of the future, which is news
        }
        String body =
            planted(new String(CallPairs.body(sender, name), StandardCharsets.ISO_8859_1))
                .replace("7777", "7779")
                .replace(YESTERDAY + "T03", YESTERDAY + "T04")
                .replace(YESTERDAY + " 03", YESTERDAY + " 04");
        arrive(sender, name, "-l", body);
      }
    }
    deliver();
    assertEquals(List.of(), everywhere().find(TRACES), "nor does what comes late");
    assertTrue(tombs() > tombs + 20, "it is committed as tombstones");
  }

  private static long tombs() {
    return STORES
        .sql()
        .number("SELECT count(*) FROM ingest.ingest_outbox WHERE subject = 'erased'");
  }

  private static final Sender KICK = new KickSender();
  private static final String CHAT = "chat.message.sent";

  /** A line of the person; {@code at}: when they wrote it. */
  private void chats(String message, String at) throws Exception {
    String body =
        planted(new String(CallPairs.body(KICK, CHAT), StandardCharsets.UTF_8))
            .replace("7777", message)
            .replaceAll("\"created_at\": *\"[^\"]*\"", "\"created_at\": \"" + at + "\"");
    arrive(KICK, CHAT, message, body);
  }

  @Test
  void what_a_person_does_afterwards_is_news() throws Exception {
    chats("aaaa", YESTERDAY + "T03:00:00Z");
    deliver();
    erased(IDENTITIES, false);
    assertEquals(List.of(), everywhere().find(TRACES));
    STORES
        .sql()
        .run("UPDATE ingest.erased_identity SET until = ingest.now() - interval '1 minute'");
    STORES.envSql().run("UPDATE public.erased_subject SET until = now() - interval '1 minute'");
    openOutbox();
    chats("bbbb", Instant.now().toString());
    deliver();
    assertEquals(
        1,
        archive.number(
            "SELECT count() FROM vf.kick_chat_message WHERE platform_user_id = '777000111'",
            Map.of()));
  }

  @Test
  void what_a_process_has_in_memory_is_sent_before_the_archive_is_searched() throws Exception {
    chats("aaaa", YESTERDAY + "T03:00:00Z");
    Target clickHouse = Target.clickhouse();
    Claims claims = new Claims(STORES.dm(), LEASE, Duration.ofSeconds(20));
    Batch inMemory = requireNonNull(claims.chunks(clickHouse, 0, 32));
    long id = new Erasures(STORES.dm()).begin(IDENTITIES, false, ANN);
    STORES.clock(Duration.ofSeconds(11));
    Exchange exchange = new DefaultExchange(camel);
    assertTrue(operations.claim(exchange));
    for (int waited = 0; waited < 3; ) {
      assertTrue(operations.goesOn(exchange));
      erase.page(exchange);
      operations.progressed(exchange);
      JsonNode at = requireNonNull(Held.of(exchange).position());
      waited += at.path("stage").asText().equals("LEASES") ? 1 : 0;
    }
    Exchange late = new DefaultExchange(camel);
    late.getMessage().setBody(inMemory);
    sender(clickHouse).process(late);
    new Settlement(STORES.dm(), new Backoff()).settle(inMemory);
    assertFalse(everywhere().find(TRACES).isEmpty(), "it was sent as it had been");
    while (operations.goesOn(exchange)) {
      erase.page(exchange);
      operations.progressed(exchange);
      deliver();
    }
    operations.ended(exchange);
    assertEquals("done", operations.find(id).orElseThrow().state());
    assertEquals(List.of(), everywhere().find(TRACES));
  }

  @Test
  void a_page_that_was_broken_off_is_done_again_by_another_instance() throws Exception {
    chats("aaaa", YESTERDAY + "T03:00:00Z");
    deliver();
    export("one");
    long id = new Erasures(STORES.dm()).begin(IDENTITIES, false, ANN);
    Duration clock = Duration.ofSeconds(11);
    while (!operations.find(id).orElseThrow().ended()) {
      STORES.clock(clock);
      Exchange dies = new DefaultExchange(camel);
      assertTrue(instance().claim(dies));
      if (operations.goesOn(dies)) {
        erase.page(dies); // and nothing is written down of it
      }
      clock = clock.plus(LEASE).plusSeconds(1);
      STORES.clock(clock);
      Exchange other = new DefaultExchange(camel);
      assertTrue(instance().claim(other));
      if (operations.goesOn(other)) {
        erase.page(other);
        operations.progressed(other);
      }
      deliver();
      operations.ended(other);
    }
    assertEquals("done", operations.find(id).orElseThrow().state());
    assertEquals(List.of(), everywhere().find(TRACES));
    assertEquals(
        List.of("1"),
        STORES.sql().rows("SELECT sum(rows_erased) FROM dm.chat_archive_erased"),
        "the ledger has the line once");
  }

  /** Events that no environment gets. */
  private static long never() {
    return STORES
        .sql()
        .number(
            "SELECT count(*) FROM ingest.ingest_outbox WHERE type = ANY (?)",
            (Object)
                TYPES.all().stream()
                    .filter(t -> t.environment() == EventType.Environment.NEVER)
                    .map(t -> t.type())
                    .toArray(String[]::new));
  }

  private static List<JsonNode> archived() throws Exception {
    List<JsonNode> archived = new ArrayList<>();
    for (String line :
        archive
            .text("SELECT envelope FROM vf.raw_events ORDER BY time FORMAT TSVRaw", Map.of())
            .lines()
            .toList()) {
      archived.add(JSON.readTree(line));
    }
    return archived;
  }

  /** Posts events once more, as a replay does that had read them before they were erased. */
  private void replayed(List<JsonNode> events) throws Exception {
    for (JsonNode event : events) {
      ObjectNode replayed = event.deepCopy();
      replayed.put("replayof", event.path("id").asText());
      replayed.put("id", EventId.text(UUID.randomUUID()));
      for (Result result : consumer.consume(List.of(replayed)).values()) {
        assertFalse(result instanceof Result.Failed, event.path("type") + ": " + result);
      }
    }
  }
}
