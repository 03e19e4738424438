package ingest.erasure;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.EventTypes;
import ingest.operation.Held;
import ingest.operation.Operations;
import ingest.outbox.Outbox;
import ingest.store.ClickHouse;
import ingest.store.DmDatabase;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * The operation {@code erase}: store after store, page by page, and then all of them again until a
 * pass finds nothing, since what was on its way arrives meanwhile, and since one identity leads to
 * another.
 *
 * <p>It begins to look when every process knows whom to keep out, and goes to the archive when what
 * processes had in memory has been sent. Each page may be done twice.
 */
public final class Erase {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Every process looks more often, and a commit that did not look yet is over by then. */
  private static final Duration KNOWN = ErasedState.FRESH.multipliedBy(5);

  /** How long environments are waited for; then it is said that they were not told yet. */
  private static final Duration TOLD = Duration.ofSeconds(30);

  private static final Duration NAP = Duration.ofMillis(500);

  private static final int MOST_PASSES = 5;

  private static final String AGE =
      "SELECT extract(epoch FROM ingest.now() - CAST(? AS timestamptz))";

  /** Leases of chunks whose events, as they were, may be in a process's memory. */
  private static final String LEASED =
      """
      SELECT EXISTS (
          SELECT FROM ingest.erased_chunk e JOIN ingest.delivery_chunk c USING (day, chunk)
          WHERE e.erasure = ? AND c.status IN (0, 2) AND c.token IS NOT NULL AND c.due_at > ingest.now()
          UNION ALL
          SELECT FROM ingest.erased_chunk e JOIN ingest.delivery_item i USING (day, chunk)
          WHERE e.erasure = ? AND i.status = 'pending' AND i.token IS NOT NULL AND i.due_at > ingest.now())
      """;

  /** Whoever plans an export locks this row first. */
  private static final String NO_EXPORT = "SELECT FROM dm.chat_export_watermark FOR UPDATE";

  private static final String EXPORTING =
      "SELECT EXISTS (SELECT FROM dm.chat_export_run WHERE leased_until > ingest.now())";

  private final DmDatabase dm;
  private final Operations operations;
  private final Erasures erasures;
  private final @Nullable Archive archive;
  private final ObjectsPart objects;
  private final Telling telling;

  /** {@code clickHouse}: null where there is no archive. */
  @SuppressWarnings("TooManyParameters") // the stores that there are
  public Erase(
      DmDatabase dm,
      Operations operations,
      @Nullable ClickHouse clickHouse,
      ChatObjects objects,
      Outbox outbox,
      EventTypes types) {
    this.dm = dm;
    this.operations = operations;
    this.erasures = new Erasures(dm);
    this.archive = clickHouse == null ? null : new Archive(clickHouse);
    this.objects = new ObjectsPart(dm, objects);
    this.telling = new Telling(dm, outbox, erasures, types);
  }

  /** In this order; each leads to the next when it has nothing left. */
  private enum Stage {
    GUARD,
    OUTBOX,
    STATE,
    LEASES,
    CALLS,
    EVENTS,
    CHANGE,
    OBJECTS,
    TELL,
    AGAIN,
    TOLD,
    FORGET,
    DONE;

    Stage next() {
      List<Stage> all = List.of(values());
      return all.get(all.indexOf(this) + 1);
    }
  }

  /** How far it is, as it stands in the operation. */
  private record At(ObjectNode node) {
    static At of(@Nullable JsonNode position) {
      if (position instanceof ObjectNode object) {
        return new At(object.deepCopy());
      }
      ObjectNode first = JSON.createObjectNode().put("stage", Stage.GUARD.name()).put("pass", 1);
      first.putArray("told");
      return new At(first);
    }

    Stage stage() {
      return Stage.valueOf(node.path("stage").asText());
    }

    int pass() {
      return node.path("pass").asInt();
    }

    /** Of the stage; empty at its beginning. */
    ObjectNode cursor() {
      return node.withObject("/cursor");
    }

    ArrayNode told() {
      return node.withArray("/told");
    }

    void to(Stage stage) {
      node.put("stage", stage.name()).remove("cursor");
    }

    void stays(boolean more) {
      if (!more) {
        to(stage().next());
      }
    }
  }

  /** One page. */
  public void page(Exchange exchange) throws SQLException, IOException, InterruptedException {
    Held held = Held.of(exchange);
    At at = At.of(held.position());
    if (at.stage() == Stage.DONE) {
      held.finish();
      return;
    }
    Erasure erasure = erasures.read(held.request().path("erasure").asLong());
    switch (at.stage()) {
      case OUTBOX, STATE, FORGET ->
          dm.transaction(
              tx -> {
                inDm(tx, at, erasure, held);
                held.advance(at.node, 1);
                operations.progressed(tx, held);
                return true;
              });
      default -> {
        ObjectNode before = at.node.deepCopy();
        elsewhere(at, erasure, held);
        if (erasure.person().takeLearned()) {
          at.node.put("learned", true);
          dm.transaction(
              tx -> {
                Erasures.learned(tx, erasure);
                return true;
              });
        }
        held.advance(at.node, at.node.equals(before) ? 0 : 1); // what only waits has done nothing
      }
    }
    if (at.stage() == Stage.DONE) {
      held.finish();
    }
  }

  private static void inDm(Connection tx, At at, Erasure erasure, Held held) throws SQLException {
    if (at.stage() == Stage.OUTBOX) {
      at.stays(OutboxPart.page(tx, erasure, at.cursor(), held));
    } else if (at.stage() == Stage.STATE) {
      StatePart.page(tx, erasure, held);
      at.to(at.stage().next());
    } else {
      Erasures.forget(tx, erasure.id());
      at.to(Stage.DONE);
    }
    if (erasure.person().takeLearned()) {
      at.node.put("learned", true);
      Erasures.learned(tx, erasure);
    }
  }

  private void elsewhere(At at, Erasure erasure, Held held)
      throws SQLException, IOException, InterruptedException {
    switch (at.stage()) {
      case GUARD -> at.stays(waits(!erasure.dryRun() && age(erasure) < KNOWN.toSeconds()));
      case LEASES -> at.stays(waits(leased(erasure)));
      case CALLS ->
          at.stays(
              archive != null
                  && archive.search(Archive.Search.CALLS_BY_ARRIVAL, erasure, at.cursor()));
      case EVENTS ->
          at.stays(
              archive != null
                  && archive.search(Archive.Search.EVENTS_BY_TIME, erasure, at.cursor()));
      case CHANGE -> change(at, erasure, held);
      case OBJECTS -> at.stays(objects.page(erasure, at.pass(), at.cursor(), held));
      case TELL -> tell(at, erasure);
      case AGAIN -> again(at, erasure, held);
      case TOLD -> told(at, erasure, held);
      default -> throw new IllegalStateException("no stage of this kind: " + at.stage());
    }
  }

  private void change(At at, Erasure erasure, Held held)
      throws SQLException, IOException, InterruptedException {
    int table = at.cursor().path("table").asInt(0);
    if (archive == null || table == Archive.tables()) {
      at.to(at.stage().next());
      return;
    }
    Archive.Meanwhile meanwhile =
        () -> {
          TimeUnit.MILLISECONDS.sleep(NAP.toMillis());
          keep(held);
        };
    if (!Archive.exported(table) || erasure.dryRun()) {
      archive.change(table, erasure, held, meanwhile);
    } else if (!changedBetweenExports(archive, table, erasure, held, meanwhile)) {
      waits(true);
      return;
    }
    at.cursor().put("table", table + 1);
  }

  /** No export reads the table meanwhile; false when one is at it. */
  private boolean changedBetweenExports(
      Archive in, int table, Erasure erasure, Held held, Archive.Meanwhile meanwhile)
      throws SQLException, IOException, InterruptedException {
    try (Connection tx = dm.connection()) {
      tx.setAutoCommit(false);
      try (PreparedStatement lock = tx.prepareStatement(NO_EXPORT);
          PreparedStatement query = tx.prepareStatement(EXPORTING)) {
        lock.execute();
        try (ResultSet row = query.executeQuery()) {
          row.next();
          if (row.getBoolean(1)) {
            return false;
          }
        }
        in.change(table, erasure, held, meanwhile);
        return true;
      } finally {
        tx.rollback();
      }
    }
  }

  private void keep(Held held) {
    try {
      operations.keep(held);
    } catch (SQLException e) {
      throw new IllegalStateException("keeping the operation: " + e.getMessage(), e);
    }
  }

  /** Once, and again when more identities were learned since. */
  private void tell(At at, Erasure erasure) throws SQLException {
    if (!erasure.dryRun() && (at.pass() == 1 || at.node.path("learned").asBoolean())) {
      telling.tell(erasure, at.pass(), at.told());
    }
    at.to(at.stage().next());
  }

  /** Another pass, unless this one found nothing. */
  private static void again(At at, Erasure erasure, Held held) {
    long found = 0;
    for (Map.Entry<String, JsonNode> count : held.counts().properties()) {
      found += count.getKey().endsWith(".found") ? count.getValue().asLong() : 0;
    }
    boolean learned = at.node.path("learned").asBoolean();
    boolean news = learned || at.pass() == 1 || found > at.node.path("found").asLong();
    if (!news || (erasure.dryRun() && (!learned || at.pass() > 1))) {
      at.to(Stage.TOLD);
    } else if (at.pass() == MOST_PASSES) {
      held.counts()
          .withObject("/why")
          .put(
              "passes", "the last of %d still found something: erase again".formatted(MOST_PASSES));
      at.to(Stage.TOLD);
    } else {
      if (erasure.dryRun()) {
        held.counts().removeAll(); // what the first pass found is found again
      }
      at.node.put("pass", at.pass() + 1).put("found", erasure.dryRun() ? 0 : found);
      at.node.remove("learned");
      at.to(Stage.OUTBOX);
    }
  }

  private void told(At at, Erasure erasure, Held held)
      throws SQLException, InterruptedException, IOException {
    if (!erasure.dryRun()) {
      Map<String, String> waiting = telling.waiting(at.told());
      int naps = at.cursor().path("naps").asInt();
      if (!waiting.isEmpty() && naps < TOLD.dividedBy(NAP)) {
        at.cursor().put("naps", naps + 1);
        waits(true);
        return;
      }
      telling.report(held, waiting);
    }
    if (archive != null) {
      archive.forget(erasure);
    }
    at.to(at.stage().next());
  }

  /** Gives what is awaited a moment; hands on whether it is. */
  private static boolean waits(boolean awaited) throws InterruptedException {
    if (awaited) {
      TimeUnit.MILLISECONDS.sleep(NAP.toMillis());
    }
    return awaited;
  }

  private double age(Erasure erasure) throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(AGE)) {
      query.setString(1, erasure.createdAt().toString());
      try (ResultSet row = query.executeQuery()) {
        row.next();
        return row.getDouble(1);
      }
    }
  }

  private boolean leased(Erasure erasure) throws SQLException {
    if (erasure.dryRun()) {
      return false;
    }
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(LEASED)) {
      query.setLong(1, erasure.id());
      query.setLong(2, erasure.id());
      try (ResultSet row = query.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    }
  }
}
