package ingest.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.kick.KickSender;
import ingest.outbox.Intake;
import ingest.outbox.Outbox;
import ingest.outbox.OutboxMetrics;
import ingest.outbox.Owners;
import ingest.outbox.WakeUp;
import ingest.store.TestStores;
import ingest.webhook.CallMapping;
import ingest.webhook.CallPairs;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What Kick's webhooks change in dm, through the mappers and the commit of the product. */
final class WebhookEffectsTest {
  @RegisterExtension static final TestStores STORES = new TestStores();

  private static final KickSender KICK = new KickSender();
  private static final CallMapping MAPPING = CallPairs.mapping();
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Two message ids of one millisecond. */
  private static final String ONE = "01M38NRB4G52F52XF05HW8RBA4";

  private static final String OTHER = "01M38NRB4G000000000000000B";

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private WakeUp wakeUp;
  private Outbox outbox;

  @BeforeEach
  void open() {
    wakeUp = new WakeUp(STORES.dm());
    outbox = outbox();
  }

  /** Of a process that has not seen anything yet. */
  private Outbox outbox() {
    return new Outbox(
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
  void chat_of_a_channel_that_is_known_writes_nothing_of_it() throws Exception {
    commit(call("livestream.status.updated-started", ONE));
    String row = row();
    for (int n = 0; n < 20; n++) {
      commit(line("a" + n, "another-name"), line("b" + n, "maple-channel"));
    }
    outbox = outbox();
    commit(line("c", "another-name"));
    assertEquals(row, row(), "the same version of the row");
    assertEquals(List.of("41"), ofTheChannel("kick.chat.message.sent"));
  }

  @Test
  void the_first_line_of_a_channel_makes_its_row_once() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Callable<Void>> lines = new ArrayList<>();
      for (int n = 0; n < 8; n++) {
        List<Envelope> own = new ArrayList<>();
        own.addAll(line("x" + n, "maple-channel"));
        own.addAll(line("y" + n, "maple-channel"));
        Outbox process = n % 2 == 0 ? outbox : outbox();
        lines.add(
            () -> {
              process.commit(new Intake(own, List.of()));
              return null;
            });
      }
      for (Future<Void> committed : threads.invokeAll(lines)) {
        committed.get();
      }
    } finally {
      threads.shutdownNow();
    }
    assertEquals(
        List.of("kick|900000001|maple-channel"),
        rows("SELECT platform, platform_user_id, current_slug FROM dm.streamer_channel"));
    assertEquals(List.of("16"), ofTheChannel("kick.chat.message.sent"));
    String row = row();
    commit(line("z", "maple-channel"));
    assertEquals(row, row());
  }

  @Test
  void a_line_that_comes_to_nothing_leaves_no_channel_known() throws Exception {
    STORES
        .owner()
        .run("ALTER TABLE dm.streamer_channel ADD CONSTRAINT closed CHECK (false) NOT VALID");
    try {
      assertThrows(SQLException.class, () -> commit(line("a", "maple-channel")));
    } finally {
      STORES.owner().run("ALTER TABLE dm.streamer_channel DROP CONSTRAINT closed");
    }
    assertEquals(List.of(), rows("SELECT id FROM dm.streamer_channel"));
    commit(line("a", "maple-channel"));
    assertEquals(List.of("1"), ofTheChannel("kick.chat.message.sent"));
  }

  @Test
  void a_follow_is_kept_once_however_often_and_under_however_many_messages_it_comes()
      throws Exception {
    commit(call("channel.followed", ONE));
    commit(call("channel.followed", ONE));
    commit(call("channel.followed", OTHER));
    outbox = outbox();
    commit(call("channel.followed", OTHER));
    assertEquals(
        List.of("maple-channel|2026-09-24 03:01:14+00"),
        rows(
            "SELECT c.current_slug, f.occurred_at FROM dm.kick_follow_event f JOIN dm.streamer_channel c ON c.id = f.channel_id"));
    assertEquals(
        rows("SELECT event_id FROM dm.kick_follow_event"),
        rows("SELECT event_id FROM ingest.ingest_outbox"));
  }

  @Test
  void a_follow_that_comes_again_after_its_key_was_forgotten_is_the_same_row() throws Exception {
    commit(call("channel.followed", ONE));
    assertEquals(1, STORES.sql().run("DELETE FROM ingest.event_key"));
    commit(call("channel.followed", ONE));
    assertEquals(List.of("1"), rows("SELECT count(*) FROM dm.kick_follow_event"));
  }

  @Test
  void what_the_outbox_has_of_a_follow_does_not_tell_who_it_was() throws Exception {
    commit(call("channel.followed", ONE));
    assertEquals(
        List.of("0"),
        rows(
            "SELECT count(*) FROM ingest.ingest_outbox WHERE envelope LIKE '%900000103%' OR envelope LIKE '%willow%'"));
  }

  @Test
  void a_change_of_the_title_names_no_stream_and_changes_none() throws Exception {
    commit(call("livestream.status.updated-started", ONE));
    commit(call("livestream.metadata.updated", OTHER));
    assertEquals(
        List.of("t|Evening stream|-"),
        rows("SELECT is_open, title, category_name FROM dm.stream_session"));
    assertEquals(List.of("t"), rows("SELECT is_live FROM dm.streamer_channel"));
  }

  /** The version of the only row there is, too. */
  private static String row() {
    List<String> rows = rows("SELECT ctid, xmin, c.* FROM dm.streamer_channel c");
    assertEquals(1, rows.size());
    return rows.get(0);
  }

  /** How many events of a type have the id of the channel that is there. */
  private static List<String> ofTheChannel(String type) {
    return rows(
        "SELECT count(*) FROM ingest.ingest_outbox o JOIN dm.streamer_channel c ON c.external_id = o.channelid WHERE o.type = '"
            + type
            + "'");
  }

  private static List<String> rows(String query) {
    return STORES.sql().rows(query);
  }

  private static List<Envelope> line(String message, String slug) throws IOException {
    ObjectNode body = (ObjectNode) JSON.readTree(CallPairs.body(KICK, "chat.message.sent"));
    body.put("message_id", message);
    ((ObjectNode) body.path("broadcaster")).put("channel_slug", slug);
    return events("chat.message.sent", ONE, JSON.writeValueAsBytes(body));
  }

  private static List<Envelope> call(String name, String messageId) throws IOException {
    return events(name, messageId, CallPairs.body(KICK, name));
  }

  private static List<Envelope> events(String name, String messageId, byte[] body)
      throws IOException {
    Map<String, String> headers = CallPairs.headers(KICK, name);
    headers.put("kick-event-message-id", messageId);
    return MAPPING.map(CallPairs.call(KICK, headers, body)).envelopes();
  }

  @SafeVarargs
  private void commit(List<Envelope>... calls) throws SQLException {
    List<Envelope> all = new ArrayList<>();
    for (List<Envelope> call : calls) {
      all.addAll(call);
    }
    outbox.commit(new Intake(all, List.of()));
  }
}
