package ingest.letter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.envelope.EventId;
import ingest.operation.Operation;
import ingest.store.TestStores;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Many dead letters over several days, among as many exceptions that are not dead: twenty thousand,
 * or as many as {@code -Dletters.dead=1000000} says. What is held is the plan, never a time.
 */
class ManyLettersTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  private static final boolean MEASURED = System.getProperty("letters.dead") != null;
  private static final int DEAD = Integer.getInteger("letters.dead", 20_000);
  private static final int DAYS = 4;
  private static final int SUBJECTS = 5000;
  private static final ObjectMapper JSON = new ObjectMapper();

  private Post post;

  @BeforeEach
  void plant() throws Exception {
    post = new Post(STORES);
    // a chunk of a hundred events, on one of four days; of each event a dead item and a delivered
    // one
    STORES
        .sql()
        .run(
            """
            INSERT INTO ingest.ingest_outbox (day, chunk, pos, event_id, source, type, subject, rev, envelope, created_at)
            SELECT (ingest.now() AT TIME ZONE 'UTC')::date + n / 100 %% %d, n / 100, n %% 100,
                   ('01a1fa5f-6e1c-5e78-5ee7-' || lpad(to_hex(n), 12, '0'))::uuid, 'acme',
                   CASE n %% 10 WHEN 0 THEN 'acme.pear.seen' WHEN 1 THEN 'acme.apple.eaten' ELSE 'acme.apple.seen' END,
                   'acme:' || n %% %d, n, '{}', now()
            FROM generate_series(0, %d) n
            """
                .formatted(DAYS, SUBJECTS, DEAD - 1));
    STORES
        .sql()
        .run(
            """
            INSERT INTO ingest.event_key (id, day, chunk, pos, source, received_at)
            SELECT event_id, day, chunk, pos, source, created_at FROM ingest.ingest_outbox
            """);
    STORES
        .sql()
        .run(
            """
            INSERT INTO ingest.delivery_item
                (day, target, event_id, chunk, pos, type, status, attempts, due_at, attempted_at, last_error, fingerprint, response)
            SELECT o.day, t.name, o.event_id, o.chunk, o.pos, o.type, t.status, 15, now(), now(),
                   'answered 422 to ' || o.rev || ': ' || repeat('no such channel ', 5),
                   CASE WHEN o.rev % 3 = 0 THEN 'no such channel' ELSE 'answered # to #: ' || repeat('no such channel ', 5) END,
                   repeat('{"error":"no such channel"} ', 8)
            FROM ingest.ingest_outbox o, (VALUES ('stage', 'dead'), ('production', 'delivered')) t(name, status)
            """);
  }

  @AfterEach
  void close() {
    post.close();
  }

  private static Filter filter(String json) throws IOException {
    return Filter.of(JSON.readTree(json.replace('\'', '"')));
  }

  /**
   * How a statement was done.
   *
   * @param scans the nodes that read a table, as {@code how table by index}
   * @param buffers pages that were touched
   */
  private record Plan(List<String> scans, long buffers) {
    /** None reads a partition from end to end. */
    void byIndex() {
      assertFalse(scans.isEmpty());
      for (String scan : scans) {
        assertTrue(scan.startsWith("Index"), scans::toString);
      }
    }
  }

  private interface Setting {
    void set(Connection tx) throws SQLException;
  }

  /** Does a statement and takes it back. */
  private static Plan plan(Query query, Setting setting, String what) throws SQLException {
    try (Connection tx = STORES.dm().connection()) {
      tx.setAutoCommit(false);
      setting.set(tx);
      Query explain = new Query().add("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)").add(query);
      try (PreparedStatement statement = explain.prepare(tx);
          ResultSet row = statement.executeQuery()) {
        row.next();
        JsonNode plan = JSON.readTree(row.getString(1)).path(0);
        List<String> scans = new ArrayList<>();
        walk(plan.path("Plan"), scans);
        long buffers =
            plan.path("Plan").path("Shared Hit Blocks").asLong()
                + plan.path("Plan").path("Shared Read Blocks").asLong();
        tell("%s: %,.1f ms, %,d buffers", what, plan.path("Execution Time").asDouble(), buffers);
        return new Plan(scans, buffers);
      } catch (IOException e) {
        throw new IllegalStateException(e);
      } finally {
        tx.rollback();
      }
    }
  }

  /** What somebody who asks for a million wants to know. */
  private static void tell(String format, Object... values) {
    if (MEASURED) {
      System.out.println("%,d dead, ".formatted(DEAD) + String.format(Locale.ROOT, format, values));
    }
  }

  private static void walk(JsonNode node, List<String> scans) {
    if (node.path("Node Type").asText().endsWith("Scan") && node.has("Relation Name")) {
      scans.add(
          "%s %s by %s"
              .formatted(
                  node.path("Node Type").asText(),
                  node.path("Relation Name").asText(),
                  node.path("Index Name").asText("-")));
    }
    node.path("Plans").forEach(child -> walk(child, scans));
  }

  @Test
  void groups_a_preview_a_list_and_a_page_are_read_by_index_whatever_is_meant() throws Exception {
    String latest = EventId.text(UUID.fromString("01a1fa5f-6e1c-5e78-5ee7-000000000007"));
    for (String json :
        List.of(
            "{}",
            "{'target':'stage'}",
            "{'target':'stage','type':'acme.pear.seen'}",
            "{'target':'stage','type':'acme.apple.*','fingerprint':'no such channel'}",
            "{'type':'acme.apple.*'}",
            "{'subject':'acme:7'}",
            "{'subject':'acme:7','target':'stage','type':'acme.apple.*'}",
            "{'target':'stage','from':'2020-01-01','to':'2100-01-01'}",
            "{'event':'" + latest + "'}")) {
      Filter filter = filter(json);
      String seen = post.letters.count(filter, null).seen();
      plan(Letters.grouped(filter, 50), Letters::byIndex, "groups of " + json).byIndex();
      plan(Letters.counted(filter, null), Letters::byIndex, "preview of " + json).byIndex();
      plan(Letters.counted(filter, seen), Letters::byIndex, "what is left of " + json).byIndex();
      Setting inOrder = tx -> Letters.inOrder(tx, filter);
      plan(Letters.listed(filter, null, 50), inOrder, "list of " + json).byIndex();
      Query page =
          DeadPage.changing(
              filter,
              DeadPage.diedBy(seen),
              null,
              1000,
              new Query().add(Requeue.BECOMES, "ann", "a try"));
      plan(page, inOrder, "page of a re-queue of " + json).byIndex();
    }
  }

  @Test
  void the_last_page_reads_no_more_than_the_first_whatever_is_meant() throws Exception {
    for (String json :
        List.of(
            "{}",
            "{'target':'stage'}",
            "{'target':'stage','type':'acme.apple.seen'}",
            "{'target':'stage','type':'acme.apple.seen','fingerprint':'no such channel'}",
            "{'type':'acme.apple.seen'}",
            "{'fingerprint':'no such channel'}")) {
      Filter filter = filter(json);
      List<Letters.Letter> all = post.letters.list(filter, null, DEAD);
      Place late = all.get(all.size() * 9 / 10).place();
      Setting inOrder = tx -> Letters.inOrder(tx, filter);
      Plan first = plan(Letters.listed(filter, null, 50), inOrder, "first page of " + json);
      Plan last = plan(Letters.listed(filter, late, 50), inOrder, "last page of " + json);
      assertTrue(
          last.buffers < 2 * first.buffers + 200,
          () -> "%s: %d buffers, then %d".formatted(json, first.buffers, last.buffers));
    }
  }

  @Test
  void exactly_what_was_previewed_is_requeued() throws Exception {
    Filter filter =
        filter("{'target':'stage','type':'acme.apple.*','fingerprint':'no such channel'}");
    Set<String> meant =
        new HashSet<>(
            STORES
                .sql()
                .rows(
                    """
                    SELECT event_id FROM ingest.delivery_item
                    WHERE target = 'stage' AND status = 'dead' AND type <> 'acme.pear.seen' AND fingerprint = 'no such channel'
                    """));
    Preview preview = post.previews.of(filter, Order.Of.dead, null);
    assertEquals(meant.size(), preview.total());
    STORES
        .sql()
        .run(
            """
            UPDATE ingest.delivery_item SET status = 'pending' WHERE target = 'stage' AND type = 'acme.pear.seen';
            UPDATE ingest.delivery_item SET status = 'dead', type = 'acme.apple.eaten', fingerprint = 'no such channel'
            WHERE target = 'stage' AND type = 'acme.pear.seen'
            """);
    long began = System.nanoTime();
    post.requeue(filter, preview.seen(), null);
    Operation done = post.run();
    tell("%,d re-queued: %,d ms", done.done(), (System.nanoTime() - began) / 1_000_000);
    assertEquals("done " + preview.total(), done.state() + " " + done.done());
    assertEquals(
        meant,
        new HashSet<>(
            STORES
                .sql()
                .rows(
                    "SELECT event_id FROM ingest.delivery_item WHERE target = 'stage' AND status = 'pending'")),
        "what died of the same since then is not among them");
  }
}
