package ingest.consumer;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.envelope.EventType;
import ingest.envelope.EventTypes;
import ingest.envelope.InvalidEnvelope;
import ingest.projection.Projector;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Applies a batch of events in one transaction: records the ids it had not seen and runs the
 * projectors on just those. When {@link #consume} returns, the transaction is committed; when it
 * throws, nothing happened and the batch may come again. Thread-safe.
 */
public final class Consumer {
  /** How long a statement waits for a lock before the batch is answered 503. */
  private static final String LOCK_TIMEOUT = "SET LOCAL lock_timeout = '2s'";

  /** How often a batch is tried that PostgreSQL ends for the sake of another. */
  private static final int TRIES = 4;

  private final EnvDatabase env;

  /** By type, which is the order they run in, in every batch. */
  private final Map<String, Projector<?>> projectors = new TreeMap<>();

  private final List<String> declined;
  private final EventTypes types;

  /**
   * A consumer of the types that have a projector.
   *
   * @param declined patterns of types that it knows and has no use for, {@code *} at the end
   * @param types of which those that say so are just recorded, where they have no projector
   */
  public Consumer(
      EnvDatabase env,
      Collection<Projector<?>> projectors,
      List<String> declined,
      EventTypes types) {
    this.env = env;
    this.declined = List.copyOf(declined);
    this.types = types;
    for (Projector<?> projector : projectors) {
      if (this.projectors.put(projector.type(), projector) != null) {
        throw new IllegalStateException("two projectors for " + projector.type());
      }
    }
  }

  /** The types it applies. */
  public Set<String> types() {
    return projectors.keySet();
  }

  /** The types it just records. */
  public List<String> recorded() {
    return types.all().stream()
        .filter(EventType::recorded)
        .map(EventType::type)
        .filter(type -> !projectors.containsKey(type))
        .toList();
  }

  /** The patterns of types that it declines. */
  public List<String> declined() {
    return declined;
  }

  /** One result per event, in the order of the batch, by the text of its id. */
  public Map<String, Result> consume(List<JsonNode> batch) throws SQLException {
    Map<String, Result> results = new LinkedHashMap<>();
    List<Envelope> known = new ArrayList<>();
    for (JsonNode node : batch) {
      String id = node.path("id").asText();
      try {
        Envelope envelope = Envelope.of(node);
        if (declines(envelope.type()) || records(envelope)) {
          results.put(id, new Result.Ignored());
          known.add(envelope);
        } else if (knows(envelope)) {
          results.put(id, new Result.Duplicate());
          known.add(envelope);
        } else {
          results.put(id, new Result.Unknown());
        }
      } catch (InvalidEnvelope e) {
        results.put(id, new Result.Failed(String.valueOf(e.getMessage())));
      }
    }
    if (!known.isEmpty()) {
      results.putAll(applied(known));
    }
    return results;
  }

  /**
   * Several projectors write one table, each in the order of its keys, so two batches may lock
   * crosswise what different projectors of theirs write. PostgreSQL then ends one of them; nothing
   * of it was done, and it begins again.
   */
  private Map<String, Result> applied(List<Envelope> known) throws SQLException {
    for (int left = TRIES - 1; ; left--) {
      try {
        return appliedAtOnce(known);
      } catch (SQLException e) {
        if (left == 0 || !worthAnotherTry(e)) {
          throw e;
        }
      }
    }
  }

  /** What was applied and what failed; of others nothing is said. */
  private Map<String, Result> appliedAtOnce(List<Envelope> known) throws SQLException {
    Map<String, Result> results = new HashMap<>();
    try (Connection tx = env.connection()) {
      tx.setAutoCommit(false);
      try {
        try (Statement statement = tx.createStatement()) {
          statement.execute(LOCK_TIMEOUT);
        }
        Set<UUID> fresh =
            ProcessedEvents.record(tx, known.stream().map(Envelope::rootId).distinct().toList());
        Set<UUID> failed = new HashSet<>();
        for (Projector<?> projector : projectors.values()) {
          List<Envelope> own =
              known.stream()
                  .filter(e -> e.type().equals(projector.type()))
                  // a replay is applied again, whatever was recorded
                  .filter(e -> fresh.contains(e.rootId()) || e.replayof() != null)
                  .toList();
          if (!own.isEmpty()) {
            project(tx, projector, own, results, failed);
          }
        }
        failed.retainAll(fresh);
        if (!failed.isEmpty()) {
          ProcessedEvents.forget(tx, failed);
        }
        tx.commit();
        return results;
      } catch (SQLException | RuntimeException e) {
        rollBack(tx, e);
        throw e;
      }
    }
  }

  /** A connection that is lost has nothing to roll back; what is told is the loss. */
  private static void rollBack(Connection tx, Exception cause) {
    try {
      tx.rollback();
    } catch (SQLException e) {
      cause.addSuppressed(e);
    }
  }

  private <R> void project(
      Connection tx,
      Projector<R> projector,
      List<Envelope> envelopes,
      Map<String, Result> results,
      Set<UUID> failed)
      throws SQLException {
    Map<Envelope, List<R>> rows = new LinkedHashMap<>();
    for (Envelope envelope : envelopes) {
      try {
        if (!envelope.source().equals(projector.source())) {
          throw new InvalidEnvelope("source of " + projector.type() + " is " + projector.source());
        }
        rows.put(envelope, projector.rows(envelope));
      } catch (RuntimeException e) {
        fail(envelope, e, results, failed);
      }
    }
    write(tx, projector, List.copyOf(rows.entrySet()), results, failed);
  }

  /**
   * Writes them at once; on an error each half by itself, down to the event that is to blame: at
   * most 2 log2 n savepoints for one bad event among n.
   */
  private <R> void write(
      Connection tx,
      Projector<R> projector,
      List<Map.Entry<Envelope, List<R>>> part,
      Map<String, Result> results,
      Set<UUID> failed)
      throws SQLException {
    if (part.isEmpty()) {
      return;
    }
    Savepoint savepoint = tx.setSavepoint();
    try {
      projector.write(tx, part.stream().flatMap(e -> e.getValue().stream()).toList());
      tx.releaseSavepoint(savepoint);
      part.forEach(e -> results.put(EventId.text(e.getKey().id()), new Result.Applied()));
    } catch (SQLException | RuntimeException e) {
      if (e instanceof SQLException sql && !aboutTheData(sql)) {
        throw sql;
      }
      tx.rollback(savepoint);
      tx.releaseSavepoint(savepoint);
      if (part.size() == 1) {
        fail(part.get(0).getKey(), e, results, failed);
      } else {
        int middle = part.size() / 2;
        write(tx, projector, part.subList(0, middle), results, failed);
        write(tx, projector, part.subList(middle, part.size()), results, failed);
      }
    }
  }

  /** A deadlock, or a serialization failure. */
  private static boolean worthAnotherTry(SQLException e) {
    return "40P01".equals(e.getSQLState()) || "40001".equals(e.getSQLState());
  }

  /** Classes 22 (data), 23 (constraint) and 42 (the projector's statement) are an event's fault. */
  private static boolean aboutTheData(SQLException e) {
    String state = e.getSQLState();
    return state != null
        && (state.startsWith("22") || state.startsWith("23") || state.startsWith("42"));
  }

  private static void fail(
      Envelope envelope, Exception error, Map<String, Result> results, Set<UUID> failed) {
    failed.add(envelope.rootId());
    String reason =
        error instanceof SQLException sql
            ? "SQLSTATE " + sql.getSQLState() // its message may quote values
            : error instanceof InvalidEnvelope
                ? String.valueOf(error.getMessage())
                : error.getClass().getSimpleName();
    results.put(EventId.text(envelope.id()), new Result.Failed(reason));
  }

  private boolean knows(Envelope envelope) {
    Projector<?> projector = projectors.get(envelope.type());
    return projector != null
        && envelope.dataschema().equals(projector.type() + "/" + projector.version());
  }

  /** By version too: of a version that is not here, nobody has said that recording is enough. */
  private boolean records(Envelope envelope) {
    return !projectors.containsKey(envelope.type())
        && types
            .find(envelope.type())
            .filter(EventType::recorded)
            .filter(type -> type.dataschema().equals(envelope.dataschema()))
            .isPresent();
  }

  private boolean declines(String type) {
    return declined.stream()
        .anyMatch(
            p ->
                p.endsWith("*") ? type.startsWith(p.substring(0, p.length() - 1)) : type.equals(p));
  }
}
