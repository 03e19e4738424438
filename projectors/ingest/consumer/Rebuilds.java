package ingest.consumer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.envelope.InvalidEnvelope;
import ingest.envelope.Tombstone;
import ingest.projection.Projector;
import ingest.projection.Table;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Makes tables anew beside the live ones: begins, is given history by the sender of events, tells
 * the difference, swaps. Thread-safe, and every call may come again: what it does it does once.
 *
 * <p>From its begin to its end the consumer writes what is delivered into the shadow tables, too
 * ({@link OpenRebuild}), so history has to be given only as far as it was processed before the
 * begin; more does no harm.
 */
public final class Rebuilds {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MOST_ERRORS = 5;

  /** A page of a difference is one moment of both tables. */
  private static final String ONE_SNAPSHOT =
      "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY";

  private static final String FIND =
      "SELECT id, tables, sheltered, types, state, refused, swapped, begun_at, completed_at, ended_at FROM public.projection_rebuild";

  private static final String OPEN = FIND + " WHERE state IN ('filling', 'complete')";
  private static final String ONE = FIND + " WHERE id = ?";
  private static final String LATEST = FIND + " ORDER BY begun_at DESC LIMIT 20";
  private static final String BEGIN = "SELECT public.projection_rebuild_begin(?, ?, ?, ?)";
  private static final String END = "SELECT public.projection_rebuild_end(?, ?, ?::jsonb)";

  private static final String COMPLETE =
      "UPDATE public.projection_rebuild SET state = 'complete', completed_at = now() WHERE id = ? AND state = 'filling'";

  /** Rows that this transaction has written into tables of public, by what PostgreSQL counts. */
  private static final String WRITTEN_LIVE =
      """
      SELECT coalesce(sum(pg_stat_get_xact_tuples_inserted(c.oid) + pg_stat_get_xact_tuples_updated(c.oid)
                          + pg_stat_get_xact_tuples_deleted(c.oid)), 0)
      FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
      """;

  private final EnvDatabase env;
  private final List<Projector<?>> projectors;

  public Rebuilds(EnvDatabase env, Collection<Projector<?>> projectors) {
    this.env = env;
    this.projectors = List.copyOf(projectors);
  }

  /** A rebuild as its row tells. */
  private record Rebuild(
      UUID id,
      List<String> tables,
      List<String> sheltered,
      List<String> types,
      String state,
      ObjectNode told) {

    boolean open() {
      return state.equals("filling") || state.equals("complete");
    }
  }

  /**
   * Makes the shadow tables of a table and of what its projectors write beside it.
   *
   * @return the rebuild; its {@code types} are what history is asked for
   * @throws Refusal 409 when another is open
   */
  ObjectNode begin(UUID id, String table) throws SQLException {
    Projection projection = Projection.of(table, projectors);
    return EnvTransaction.run(
        env,
        tx -> {
          Rebuild known = find(tx, ONE, id);
          if (known != null) {
            return known.told;
          }
          Rebuild other = find(tx, OPEN, null);
          if (other != null) {
            throw new Refusal(
                409,
                "the rebuild %s of %s is open here: swap or drop it first"
                    .formatted(other.id, String.join(", ", other.tables)));
          }
          for (Table each : projection.tables()) {
            Shape.of(tx, each);
          }
          try (PreparedStatement begin = tx.prepareStatement(BEGIN)) {
            begin.setObject(1, id);
            begin.setArray(2, texts(tx, projection.names()));
            begin.setArray(3, texts(tx, projection.sheltered()));
            begin.setArray(4, texts(tx, projection.types()));
            begin.execute();
          }
          return one(tx, id).told;
        });
  }

  /**
   * Writes events of history into the shadow tables, and nothing else: neither a live table nor the
   * ids that were processed. In any order, and as often as may be.
   */
  ObjectNode project(UUID id, List<JsonNode> events) throws SQLException {
    return EnvTransaction.run(
        env,
        tx -> {
          Rebuild rebuild = kept(tx, id);
          Tally tally = new Tally();
          List<Envelope> envelopes = new ArrayList<>();
          for (JsonNode event : events) {
            try {
              envelopes.add(Envelope.of(event));
            } catch (InvalidEnvelope e) {
              tally.failed(event.path("id").asText(), String.valueOf(e.getMessage()));
            }
          }
          Set<UUID> erased = Erased.of(tx, envelopes, Erased.begin(tx, false));
          int read = envelopes.size();
          envelopes.removeIf(e -> Tombstone.is(e) || erased.contains(e.id()));
          tally.erased = read - envelopes.size();
          long before = writtenLive(tx);
          EnvTransaction.execute(tx, OpenRebuild.IN_SHADOW);
          for (Projector<?> projector : taking(rebuild.types)) {
            List<Envelope> own =
                envelopes.stream()
                    .filter(e -> e.type().equals(projector.type()))
                    .filter(
                        e -> e.dataschema().equals(projector.type() + "/" + projector.version()))
                    .toList();
            if (!own.isEmpty()) {
              Projecting.project(tx, projector, own, tally);
            }
          }
          if (writtenLive(tx) != before) {
            throw new Refusal(
                409,
                "a projector of %s names a live table with its schema: nothing was written; mend its statement"
                    .formatted(String.join(", ", rebuild.tables)));
          }
          return tally.tell(events.size());
        });
  }

  private List<Projector<?>> taking(List<String> types) {
    return Projection.sorted(projectors.stream().filter(p -> types.contains(p.type())));
  }

  private static long writtenLive(Connection tx) throws SQLException {
    try (PreparedStatement query = tx.prepareStatement(WRITTEN_LIVE);
        ResultSet row = query.executeQuery()) {
      row.next();
      return row.getLong(1);
    }
  }

  /** History is given: from now on it may be swapped. */
  ObjectNode complete(UUID id) throws SQLException {
    return EnvTransaction.run(
        env,
        tx -> {
          kept(tx, id);
          try (PreparedStatement update = tx.prepareStatement(COMPLETE)) {
            update.setObject(1, id);
            update.executeUpdate();
          }
          return one(tx, id).told;
        });
  }

  /**
   * A page of how a live table and its shadow differ.
   *
   * @param table null: the first of the rebuild's; the answer names all of them
   */
  ObjectNode difference(
      UUID id, @Nullable String table, @Nullable JsonNode after, int keys, int shown)
      throws SQLException {
    return EnvTransaction.run(
        env,
        tx -> {
          EnvTransaction.execute(tx, ONE_SNAPSHOT);
          Rebuild rebuild = open(one(tx, id));
          String name = table == null ? rebuild.tables.get(0) : table;
          ObjectNode page = new Difference(tx, shape(tx, rebuild, name)).page(after, keys, shown);
          page.put("table", name).set("refused", rebuild.told.path("refused"));
          rebuild.tables.forEach(page.putArray("tables")::add);
          return page;
        });
  }

  /**
   * Brings the live tables to what the shadow tables hold, in one transaction: writers wait,
   * readers do not. Rows that differ in nothing but the time of writing stay as they are; the
   * shadow tables are dropped.
   *
   * @param lose how many rows may go that are in the live tables alone
   * @throws Refusal 409 when more would go, history is not given yet, the shadow tables lack what
   *     was delivered, or a migration came between
   */
  ObjectNode swap(UUID id, long lose) throws SQLException {
    return EnvTransaction.run(
        env,
        tx -> {
          Rebuild rebuild = one(tx, id);
          if (rebuild.state.equals("swapped")) {
            return rebuild.told;
          }
          if (!open(rebuild).state.equals("complete")) {
            throw new Refusal(
                409,
                "history is not given, or not from its begin: a swap would lose what is missing");
          }
          for (String table : rebuild.tables.stream().sorted().toList()) {
            EnvTransaction.execute(
                tx, "LOCK TABLE " + Shape.live(table) + " IN SHARE ROW EXCLUSIVE MODE");
          }
          long refused = one(tx, id).told.path("refused").asLong();
          if (refused > 0) {
            throw new Refusal(
                409,
                "%d events are in the live table that its shadow has refused: drop the rebuild and begin anew"
                    .formatted(refused));
          }
          ObjectNode rows = JSON.createObjectNode();
          long lost = 0;
          for (String table : rebuild.tables) {
            Swap swap = new Swap(tx, shape(tx, rebuild, table));
            swap.run();
            lost += swap.removed();
            rows.set(table, swap.told());
          }
          if (lost > lose) {
            throw new Refusal(
                409,
                "%d rows are in the live table alone and would be lost; nothing was done. Look at them, then allow so many"
                    .formatted(lost));
          }
          if (!ended(tx, id, "swapped", rows.toString())) {
            throw new Refusal(409, "the rebuild was ended meanwhile");
          }
          return one(tx, id).told;
        });
  }

  /** Drops the shadow tables; the live ones stay as they are. */
  ObjectNode drop(UUID id) throws SQLException {
    return EnvTransaction.run(
        env,
        tx -> {
          one(tx, id);
          ended(tx, id, "dropped", null);
          return one(tx, id).told;
        });
  }

  /** The latest rebuilds of this environment, the newest first. */
  ArrayNode latest() throws SQLException {
    return EnvTransaction.run(
        env,
        tx -> {
          ArrayNode all = JSON.createArrayNode();
          try (PreparedStatement query = tx.prepareStatement(LATEST);
              ResultSet rows = query.executeQuery()) {
            while (rows.next()) {
              all.add(rebuild(rows).told);
            }
          }
          return all;
        });
  }

  private static boolean ended(Connection tx, UUID id, String state, @Nullable String rows)
      throws SQLException {
    try (PreparedStatement end = tx.prepareStatement(END)) {
      end.setObject(1, id);
      end.setString(2, state);
      end.setString(3, rows);
      try (ResultSet row = end.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    }
  }

  /** By today's projectors: what they leave out of a comparison is theirs to say. */
  private Shape shape(Connection tx, Rebuild rebuild, String name) throws SQLException {
    if (!rebuild.tables.contains(name)) {
      throw new Refusal(
          404,
          "the rebuild makes no table %s; it makes %s"
              .formatted(name, String.join(", ", rebuild.tables)));
    }
    Table table = Projection.of(name, projectors).table(name);
    if (table == null) {
      throw new Refusal(409, "other projectors write " + name + " now: drop the rebuild");
    }
    Shape shape = Shape.of(tx, table);
    if (shape.migrated(tx)) {
      throw new Refusal(
          409, "a migration has changed %s since the rebuild began: drop it".formatted(name));
    }
    return shape;
  }

  /** An open rebuild that nobody ends before this transaction does. */
  private static Rebuild kept(Connection tx, UUID id) throws SQLException {
    Rebuild rebuild = find(tx, ONE + " FOR SHARE", id);
    if (rebuild == null) {
      throw new Refusal(404, "no rebuild " + id + " here");
    }
    return open(rebuild);
  }

  private static Rebuild open(Rebuild rebuild) {
    if (!rebuild.open()) {
      throw new Refusal(409, "the rebuild %s is %s".formatted(rebuild.id, rebuild.state));
    }
    return rebuild;
  }

  private static Rebuild one(Connection tx, UUID id) throws SQLException {
    Rebuild rebuild = find(tx, ONE, id);
    if (rebuild == null) {
      throw new Refusal(404, "no rebuild " + id + " here");
    }
    return rebuild;
  }

  private static @Nullable Rebuild find(Connection tx, String sql, @Nullable UUID id)
      throws SQLException {
    try (PreparedStatement query = tx.prepareStatement(sql)) {
      if (id != null) {
        query.setObject(1, id);
      }
      try (ResultSet rows = query.executeQuery()) {
        return rows.next() ? rebuild(rows) : null;
      }
    }
  }

  private static Rebuild rebuild(ResultSet row) throws SQLException {
    UUID id = row.getObject("id", UUID.class);
    List<String> tables = texts(row, "tables");
    List<String> sheltered = texts(row, "sheltered");
    List<String> types = texts(row, "types");
    String state = row.getString("state");
    ObjectNode told = JSON.createObjectNode().put("rebuild", id.toString()).put("state", state);
    tables.forEach(told.putArray("tables")::add);
    sheltered.forEach(told.putArray("sheltered")::add);
    types.forEach(told.putArray("types")::add);
    told.put("refused", row.getLong("refused"));
    String swapped = row.getString("swapped");
    try {
      told.set("swapped", swapped == null ? null : JSON.readTree(swapped));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("jsonb that is no JSON", e);
    }
    for (String time : List.of("begun_at", "completed_at", "ended_at")) {
      OffsetDateTime at = row.getObject(time, OffsetDateTime.class);
      told.put(time, at == null ? null : at.toInstant().toString());
    }
    return new Rebuild(id, tables, sheltered, types, state, told);
  }

  private static List<String> texts(ResultSet row, String column) throws SQLException {
    return Arrays.asList((String[]) row.getArray(column).getArray());
  }

  private static Array texts(Connection tx, List<String> texts) throws SQLException {
    return tx.createArrayOf("text", texts.toArray());
  }

  /** What became of a page of history. */
  private static final class Tally implements Projecting.Ends {
    private final ArrayNode errors = JSON.createArrayNode();
    private int applied;
    private int failed;
    private int erased;

    @Override
    public void applied(Envelope envelope) {
      applied++;
    }

    @Override
    public void failed(Envelope envelope, String reason) {
      failed(EventId.text(envelope.id()), reason);
    }

    void failed(String id, String reason) {
      failed++;
      if (errors.size() < MOST_ERRORS) {
        errors.add(id + ": " + reason);
      }
    }

    /** What has no projector of its version is neither. */
    ObjectNode tell(int given) {
      ObjectNode told = JSON.createObjectNode().put("applied", applied).put("failed", failed);
      told.put("erased", erased).put("unknown", given - applied - failed - erased);
      told.set("errors", errors);
      return told;
    }
  }
}
