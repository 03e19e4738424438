package ingest.kick;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.channel.ChannelKey;
import ingest.channel.ChannelMetrics;
import ingest.channel.ChannelState;
import ingest.envelope.Envelope;
import ingest.envelope.EventTypes;
import ingest.mapping.Arrival;
import ingest.outbox.Intake;
import ingest.outbox.Outbox;
import ingest.outbox.OutboxMetrics;
import ingest.outbox.Owners;
import ingest.outbox.WakeUp;
import ingest.poll.ChannelPage;
import ingest.poll.DueChannel;
import ingest.poll.Lag;
import ingest.store.TestStores;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When channels are due and who of them goes first; through the statements of the routes. */
class ProbeScheduleTest {
  @RegisterExtension static final TestStores STORES = new TestStores();

  private static final ProbePeriods PERIODS =
      new ProbePeriods(Duration.ofSeconds(60), Duration.ofSeconds(300), Duration.ofSeconds(3600));
  private static final EventTypes TYPES = EventTypes.load(Path.of("routes"));
  private static final String TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  private final KickViewers viewers = new KickViewers(PERIODS);
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private WakeUp wakeUp;
  private Outbox outbox;

  @BeforeEach
  void open() {
    wakeUp = new WakeUp(STORES.dm());
    outbox =
        new Outbox(
            STORES.dm(),
            new ChannelState(STORES.dm(), TYPES, new ChannelMetrics(meters)),
            TYPES,
            Owners.NONE,
            wakeUp,
            new OutboxMetrics(meters, TYPES),
            Duration.ofSeconds(60));
  }

  @AfterEach
  void close() {
    wakeUp.close();
  }

  /** Channels of a kind, each due for so long, the later ones a second less. */
  private static void channels(int first, int number, String columns, int seconds) {
    for (int id = first; id < first + number; id++) {
      STORES
          .sql()
          .run(
              """
              WITH c AS (
                  INSERT INTO dm.streamer_channel (id, external_id, platform, platform_user_id)
                  VALUES (?, ?, 'kick', ?) RETURNING id)
              INSERT INTO dm.probe_schedule (channel_id, next_probe_at, live, was_live, verified_by)
              SELECT id, ingest.now() - make_interval(secs => ?), %s FROM c
              """
                  .formatted(columns),
              (long) id,
              new ChannelKey("kick", Integer.toString(id)).externalId(),
              Integer.toString(id),
              seconds - (id - first));
    }
  }

  private static final String VERIFIED = "true, true, '{stage:17}'";
  private static final String LIVE = "true, true, '{}'";
  private static final String OFFLINE = "false, true, '{}'";
  private static final String NEVER = "false, false, '{}'";

  private static ChannelPage claim(int channels) throws IOException {
    UUID token = UUID.randomUUID();
    List<DueChannel> due = new ArrayList<>();
    for (String row : STORES.sql().rows(statement("probe-claim", channels, token))) {
      String[] column = row.split("\\|", -1);
      due.add(
          new DueChannel(
              Long.parseLong(column[0]),
              column[1],
              column[2],
              column[3],
              column[4],
              time(column[5]),
              time(column[6])));
    }
    return new ChannelPage("kick-viewers", token, Duration.ofMinutes(1), due);
  }

  private static String statement(String name, int channels, UUID token) throws IOException {
    return Files.readString(Path.of("routes/sql/" + name + ".sql"))
        .replaceAll("(?m)^\\s*--.*$", "")
        .replace(":#platform", "'kick'")
        .replace(":#channels", "'" + channels + "'")
        .replace(":#leaseSeconds", "'50'")
        .replace(":#token", "'" + token + "'");
  }

  private static Instant time(String text) {
    return OffsetDateTime.parse(text.replace(' ', 'T') + ":00").toInstant();
  }

  private static List<Long> ids(ChannelPage page) {
    return page.channels().stream().map(DueChannel::channelId).sorted().toList();
  }

  private static List<Long> range(int first, int number) {
    return IntStream.range(first, first + number).mapToObj(id -> (long) id).toList();
  }

  /** Commits what Kick says of a page: those of {@code live} stream since an hour. */
  private void observe(ChannelPage page, Set<Long> live) throws SQLException {
    ObjectNode answer = JsonNodeFactory.instance.objectNode();
    ArrayNode data = answer.putArray("data");
    Instant since = Instant.now().minus(1, ChronoUnit.HOURS).truncatedTo(ChronoUnit.SECONDS);
    for (DueChannel channel : page.channels()) {
      boolean on = live.contains(channel.channelId());
      ObjectNode item = data.addObject();
      item.put("broadcaster_user_id", channel.channelId());
      item.put("slug", "channel-" + channel.channelId());
      item.putObject("stream")
          .put("is_live", on)
          .put("start_time", on ? since.toString() : "0001-01-01T00:00:00Z")
          .put("viewer_count", on ? 5 : 0);
    }
    outbox.commit(viewers.observed(answer, page));
  }

  /** Commits the webhook that a channel began to stream. */
  private void started(long channel) throws SQLException {
    Instant at = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.putObject("broadcaster").put("user_id", channel);
    body.put("is_live", true).put("title", "on").put("started_at", at.toString());
    LivestreamStatus mapper = new LivestreamStatus();
    List<Envelope> events =
        mapper.map(body, TYPES.find(mapper.type()).orElseThrow(), new Arrival(at, null, TRACE));
    outbox.commit(new Intake(events, List.of()));
  }

  /** In how many seconds a channel is due, its period and its class. */
  private static String schedule(long channel) {
    return STORES
        .sql()
        .rows(
            """
            SELECT round(extract(epoch FROM next_probe_at - ingest.now()) / 10) * 10,
                   extract(epoch FROM period)::int, class, token IS NULL
            FROM dm.probe_schedule WHERE channel_id = ?
            """,
            channel)
        .get(0);
  }

  @Test
  void a_page_goes_by_class_but_for_a_fifth_that_is_longest_due() throws Exception {
    channels(100, 20, VERIFIED, 40);
    channels(200, 20, LIVE, 60);
    channels(300, 20, OFFLINE, 200);
    channels(400, 20, NEVER, 500);
    List<Long> wanted = new ArrayList<>(range(100, 20));
    wanted.addAll(range(200, 4));
    wanted.addAll(range(400, 6));
    assertEquals(wanted, ids(claim(30)), "verified, the live that are longest due; and of all");
    wanted = new ArrayList<>(range(204, 16));
    wanted.addAll(range(300, 8));
    wanted.addAll(range(406, 6));
    assertEquals(wanted, ids(claim(30)), "none of a page that is leased");
    assertEquals(20, claim(30).channels().size(), "what is left is a page, full or not");
    assertEquals(List.of(), ids(claim(30)));
  }

  @Test
  void nobody_is_forgotten_while_live_channels_take_all_calls() throws Exception {
    channels(100, 60, VERIFIED, 300);
    channels(200, 60, NEVER, 100);
    Set<Long> asked = new HashSet<>();
    for (int page = 0; page < 20; page++) {
      ChannelPage claimed = claim(20);
      asked.addAll(ids(claimed));
      observe(claimed, Set.copyOf(range(100, 60)));
      STORES.sql().run("UPDATE dm.probe_schedule SET next_probe_at = ingest.now() WHERE class = 0");
    }
    assertEquals(Set.copyOf(range(200, 60)), difference(asked, range(100, 60)));
  }

  private static Set<Long> difference(Set<Long> all, List<Long> without) {
    Set<Long> left = new HashSet<>(all);
    without.forEach(left::remove);
    return left;
  }

  @Test
  void claims_at_the_same_time_have_no_channel_in_common() throws Exception {
    channels(100, 60, LIVE, 100);
    ChannelPage first = claim(25);
    ChannelPage second = claim(25);
    ChannelPage third = claim(25);
    Set<Long> all = new HashSet<>(ids(first));
    all.addAll(ids(second));
    all.addAll(ids(third));
    assertEquals(60, all.size());
    assertEquals(10, third.channels().size());
  }

  @ParameterizedTest(name = "{0} that is {1}: due in {2} s")
  @CsvSource(
      delimiter = ';',
      value = {
        "false, false, '{}'; live; 60; 60|60|1|t",
        "false, false, '{stage:17}'; live; 60; 60|60|0|t",
        "true, true, '{}'; offline; 300; 300|300|2|t",
        "false, true, '{stage:17}'; offline; 300; 300|300|2|t",
        "false, false, '{stage:17}'; offline; 3600; 3600|3600|3|t"
      })
  void the_period_follows_what_kick_says(String was, String is, int seconds, String then)
      throws Exception {
    channels(100, 1, was, 0);
    observe(claim(50), is.equals("live") ? Set.of(100L) : Set.of());
    assertEquals(then, schedule(100));
    assertTrue(then.startsWith(seconds + "|"));
  }

  @Test
  void missed_slots_are_not_made_up_for_whatever_the_period_was() throws Exception {
    channels(100, 1, OFFLINE, 290);
    STORES.sql().run("UPDATE dm.probe_schedule SET period = interval '300 seconds'");
    observe(claim(50), Set.of(100L));
    assertEquals("10|60|1|t", schedule(100), "the next slot of a minute's rhythm");
  }

  @Test
  void a_channel_that_kick_leaves_out_is_asked_for_as_before() throws Exception {
    channels(100, 1, OFFLINE, 0);
    outbox.commit(
        viewers.observed(
            JsonNodeFactory.instance.objectNode().set("data", JsonNodeFactory.instance.arrayNode()),
            claim(50)));
    assertEquals("300|300|2|t", schedule(100));
  }

  @Test
  void a_webhook_that_says_live_makes_the_channel_due_now() throws Exception {
    channels(100, 2, NEVER, -2000);
    assertEquals("2000|60|3|t", schedule(100));
    started(100);
    assertEquals("0|60|1|t", schedule(100));
    assertEquals("2000|60|3|t", schedule(101));
    ChannelPage page = claim(50);
    assertEquals(List.of(100L), ids(page));
    observe(page, Set.of(100L));
    assertEquals("60|60|1|t", schedule(100));
    started(100);
    assertEquals("60|60|1|t", schedule(100), "it is no news a second time");
  }

  @Test
  void what_went_live_while_it_was_asked_for_is_asked_for_again_at_once() throws Exception {
    channels(100, 1, NEVER, 0);
    ChannelPage before = claim(50);
    started(100);
    assertEquals(List.of(), ids(claim(50)), "nobody asks twice at the same time");
    observe(before, Set.of());
    assertEquals("0|60|1|t", schedule(100));
    ChannelPage after = claim(50);
    assertEquals(List.of(100L), ids(after));
    assertTrue(after.channels().get(0).slot().isAfter(before.channels().get(0).slot()));
  }

  @Test
  void a_claim_that_was_given_back_is_due_as_before() throws Exception {
    channels(100, 1, LIVE, 7);
    ChannelPage refused = claim(50);
    assertEquals(1, STORES.sql().run(release(refused.token())));
    assertEquals(0, STORES.sql().run(release(refused.token())), "once");
    ChannelPage again = claim(50);
    assertEquals(refused.channels().get(0).slot(), again.channels().get(0).slot());
    assertEquals(0, STORES.sql().run(release(refused.token())), "the token is another claim's");
  }

  private static String release(UUID token) throws IOException {
    return statement("probe-release", 0, token).replace("'0'", "'{100}'");
  }

  @Test
  void the_lag_is_that_of_the_longest_due_of_each_class() throws Exception {
    channels(100, 3, VERIFIED, 31);
    channels(200, 1, OFFLINE, 500);
    channels(300, 1, NEVER, -100);
    AtomicLong nanos = new AtomicLong();
    ProbeLag lag = new ProbeLag(meters, STORES.dm(), nanos::get);
    assertEquals(
        List.of("verified-live 3 31", "live 0 0", "offline 1 500", "never-live 0 0"),
        lag.behind().stream().map(ProbeScheduleTest::told).toList());
    assertEquals(31, gauge("lag.seconds", "verified-live"), 5);
    assertEquals(1, gauge("due", "offline"));
    claim(50);
    nanos.addAndGet(ProbeLag.FRESH.toNanos());
    assertEquals(3, gauge("due", "verified-live"), "whoever is asked for is due until then");
    STORES.sql().run("DELETE FROM dm.probe_schedule");
    assertEquals(3, gauge("due", "verified-live"), "as it was a moment ago");
    nanos.addAndGet(ProbeLag.FRESH.toNanos());
    assertEquals(0, gauge("lag.seconds", "verified-live"));
  }

  private static String told(Lag.Behind of) {
    return of.name() + " " + of.due() + " " + (long) of.seconds();
  }

  private double gauge(String name, String of) {
    return meters.get("ingest.probe." + name).tag("class", of).gauge().value();
  }
}
