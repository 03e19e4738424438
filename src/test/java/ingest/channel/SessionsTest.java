package ingest.channel;

import static ingest.channel.StreamEvents.ended;
import static ingest.channel.StreamEvents.poll;
import static ingest.channel.StreamEvents.started;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ingest.channel.StreamEvents.Reading;
import ingest.envelope.Envelope;
import ingest.outbox.Intake;
import ingest.outbox.Outbox;
import ingest.outbox.OutboxMetrics;
import ingest.outbox.Owners;
import ingest.outbox.WakeUp;
import ingest.store.TestStores;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What becomes of streams, one situation at a time; their orders are SessionsPropertyTest's. */
final class SessionsTest {
  @RegisterExtension static final TestStores STORES = new TestStores();

  /** When the stream begins; everything else is told in seconds after it. */
  private static final Instant START = Instant.parse("2026-05-01T12:00:00Z");

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private WakeUp wakeUp;
  private Outbox outbox;

  @BeforeEach
  void open() {
    wakeUp = new WakeUp(STORES.dm());
    outbox =
        new Outbox(
            STORES.dm(),
            new ChannelState(STORES.dm(), StreamEvents.TYPES, new ChannelMetrics(meters)),
            StreamEvents.TYPES,
            Owners.NONE,
            wakeUp,
            new OutboxMetrics(meters, StreamEvents.TYPES),
            Duration.ofSeconds(60));
  }

  @AfterEach
  void close() {
    wakeUp.close();
  }

  @Test
  void a_start_opens_a_session_and_its_end_closes_it() throws SQLException {
    see(started(at(0)));
    assertSessions("0 open, live 0");
    see(ended(at(0), at(600)));
    assertSessions("0 ended 600, live 0");
    assertCounted(1, 1, 0, 0);
  }

  @Test
  void an_end_that_comes_before_its_start_is_the_end_all_the_same() throws SQLException {
    see(ended(at(0), at(600)));
    see(started(at(0)));
    see(live(300, 10));
    assertSessions("0 ended 600, live 210, peak 10, average 10.0 of 1");
    assertCounted(0, 0, 0, 0);
  }

  @Test
  void a_start_that_was_lost_is_healed_by_the_next_poll() throws SQLException {
    see(live(60, 10));
    assertSessions("0 open, live 0, peak 10, average 10.0 of 1");
  }

  @Test
  void polls_extend_a_session_and_each_counts_once() throws SQLException {
    see(started(at(0)), live(120, 10), live(180, 40), live(240, null));
    see(live(180, 40));
    assertSessions("0 open, live 150, peak 40, average 25.0 of 2");
  }

  @Test
  void an_end_that_was_lost_is_healed_by_the_next_poll() throws SQLException {
    see(started(at(0)), live(300, 10));
    see(offline(360));
    assertSessions("0 ended 210, live 210, peak 10, average 10.0 of 1");
    assertCounted(1, 0, 1, 0);
    see(ended(at(0), at(310)));
    assertSessions("0 ended 310, live 210, peak 10, average 10.0 of 1");
    assertCounted(1, 0, 1, 0);
  }

  @Test
  void a_poll_that_looks_offline_for_one_reading_costs_nothing() throws SQLException {
    see(started(at(0)), live(300, 10));
    see(offline(360));
    see(live(420, 30));
    assertSessions("0 open, live 330, peak 30, average 20.0 of 2");
    assertCounted(2, 0, 1, 0);
  }

  @Test
  void another_stream_takes_the_place_of_one_whose_end_was_lost() throws SQLException {
    see(started(at(0)), live(300, 10));
    see(started(at(400)));
    assertSessions("0 ended 210, live 210, peak 10, average 10.0 of 1", "400 open, live 400");
    assertCounted(2, 0, 1, 0);
  }

  @Test
  void a_stream_that_is_still_listed_after_its_reported_end_stays_ended() throws SQLException {
    see(started(at(0)));
    see(ended(at(0), at(600)));
    see(live(610, 10));
    see(live(800, 30));
    assertSessions("0 ended 600, live 710, peak 30, average 20.0 of 2");
    assertCounted(1, 1, 0, 0);
  }

  @Test
  void a_late_poll_adds_its_sample_and_moves_an_inferred_end_at_most() throws SQLException {
    see(started(at(0)), live(300, 10));
    see(started(at(1000)));
    see(live(900, 50), live(200, 30));
    assertSessions("0 ended 810, live 810, peak 50, average 30.0 of 3", "1000 open, live 1000");
    assertEquals(
        List.of("t|" + START.plusSeconds(1000)),
        channel("is_live, to_char(stream_started_at, 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"));
  }

  @Test
  void an_end_that_names_no_stream_is_no_more_than_a_poll_of_who_is_offline() throws SQLException {
    see(started(at(0)), live(300, 10));
    see(ended(null, at(600)));
    assertSessions("0 ended 210, live 210, peak 10, average 10.0 of 1");
  }

  @Test
  void an_end_without_a_time_is_when_it_was_told() throws SQLException {
    see(live(300, 10));
    see(ended(at(0), null)); // told a second after the start
    assertSessions("0 ended 1, live 210, peak 10, average 10.0 of 1");
  }

  @Test
  void the_newest_title_stays_and_one_that_is_absent_says_nothing() throws SQLException {
    see(poll(at(300), new Reading(at(0), 1, "second", "en", 15)));
    see(poll(at(200), new Reading(at(0), 1, "first", "de", 20)));
    assertEquals(List.of("second|en|15|category 15"), details());
    see(poll(at(400), new Reading(at(0), 1, "", "", 0)));
    assertEquals(List.of("second|-|-|-"), details());
    see(started(at(0)));
    assertEquals(List.of("second|-|-|-"), details(), "a poll that was asked before it is older");
  }

  @Test
  void nobody_who_is_offline_makes_a_session() throws SQLException {
    see(offline(0));
    see(offline(60));
    assertSessions();
  }

  @Test
  void a_session_that_nobody_tells_of_is_closed_once_its_channel_was_asked_for_long_enough()
      throws SQLException, IOException {
    see(started(at(0)), live(300, 10));
    assertEquals(0, closeStale(), "a channel without a schedule");
    probed(210 + 599);
    assertEquals(0, closeStale());
    probed(210 + 600);
    assertEquals(1, closeStale());
    assertSessions("0 ended 210, live 210, peak 10, average 10.0 of 1");
    assertEquals(List.of("f|-"), channel("is_live, stream_started_at"));
    assertEquals(0, closeStale());
  }

  @Test
  void later_evidence_opens_a_stale_session_again_and_late_evidence_does_not()
      throws SQLException, IOException {
    see(started(at(0)), live(300, 10));
    probed(3600);
    assertEquals(1, closeStale());
    see(live(240, 30));
    assertSessions("0 ended 210, live 210, peak 30, average 20.0 of 2");
    see(live(3660, 50));
    assertSessions("0 open, live 3570, peak 50, average 30.0 of 3");
    assertEquals(0, closeStale());
  }

  @Test
  void a_session_of_a_channel_that_is_being_written_is_left_for_the_next_time()
      throws SQLException, IOException {
    see(started(at(0)));
    probed(3600);
    int closed =
        STORES
            .dm()
            .transaction(
                tx -> {
                  tx.createStatement().execute("SELECT FROM dm.streamer_channel FOR NO KEY UPDATE");
                  return closeStaleUnchecked();
                });
    assertEquals(0, closed);
    assertEquals(1, closeStale());
  }

  /** The statement of the route, with the time that it has by default. */
  private static int closeStale() throws IOException {
    String sql =
        Files.readString(Path.of("routes/sql/close-stale-sessions.sql")).replace(":#minutes", "10");
    return STORES.sql().run(sql);
  }

  private static int closeStaleUnchecked() {
    try {
      return closeStale();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static void probed(int second) {
    STORES
        .sql()
        .run(
            """
            INSERT INTO dm.probe_schedule (channel_id, last_probed_at)
            SELECT id, ?::timestamptz FROM dm.streamer_channel
            ON CONFLICT (channel_id) DO UPDATE SET last_probed_at = excluded.last_probed_at
            """,
            at(second).toString());
  }

  private static Instant at(int second) {
    return START.plusSeconds(second);
  }

  private static Envelope live(int second, @Nullable Integer viewers) {
    return poll(at(second), Reading.live(START, viewers));
  }

  private static Envelope offline(int second) {
    return poll(at(second), Reading.offline());
  }

  private void see(Envelope... events) throws SQLException {
    outbox.commit(new Intake(List.of(events), List.of()));
  }

  private static void assertSessions(String... sessions) {
    assertEquals(
        List.of(sessions),
        STORES
            .sql()
            .rows(
                """
                SELECT round(extract(epoch FROM started_at - s.zero))
                       || coalesce(' ended ' || round(extract(epoch FROM ended_at - s.zero)), ' open')
                       || ', live ' || round(extract(epoch FROM last_live_at - s.zero))
                       || coalesce(', peak ' || peak_viewers || ', average ' || average_viewers || ' of ' || viewer_samples, '')
                FROM (SELECT ?::timestamptz AS zero, * FROM dm.stream_session) AS s
                ORDER BY started_at
                """,
                START.toString()));
  }

  private static List<String> channel(String columns) {
    return STORES.sql().rows("SELECT " + columns + " FROM dm.streamer_channel");
  }

  private static List<String> details() {
    return STORES
        .sql()
        .rows("SELECT title, language, category_id, category_name FROM dm.stream_session");
  }

  private void assertCounted(int opened, int reported, int inferred, int stale) {
    assertEquals(
        Map.of("opened", opened, "reported", reported, "inferred", inferred, "stale", stale),
        Map.of(
            "opened", (int) meters.get("ingest.sessions.opened").counter().count(),
            "reported", closed("reported"),
            "inferred", closed("inferred"),
            "stale", closed("stale")));
  }

  private int closed(String cause) {
    return (int) meters.get("ingest.sessions.closed").tag("cause", cause).counter().count();
  }
}
