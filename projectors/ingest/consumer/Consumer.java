package ingest.consumer;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.envelope.EventType;
import ingest.envelope.EventTypes;
import ingest.envelope.InvalidEnvelope;
import ingest.envelope.Tombstone;
import ingest.projection.Projector;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
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
 * projectors on just those, except what names somebody who was erased since. When {@link #consume}
 * returns, the transaction is committed; when it throws, nothing happened and the batch may come
 * again. Thread-safe.
 */
public final class Consumer {
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
        if (Tombstone.is(envelope) || declines(envelope.type()) || records(envelope)) {
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
      results.putAll(EnvTransaction.run(env, tx -> applied(tx, known)));
    }
    return results;
  }

  /** What was applied and what failed; of others nothing is said. */
  private Map<String, Result> applied(Connection tx, List<Envelope> known) throws SQLException {
    Map<String, Result> results = new HashMap<>();
    boolean erasing = known.stream().anyMatch(e -> e.type().equals(Erased.TYPE));
    Instant latest = Erased.begin(tx, erasing);
    Set<UUID> fresh =
        ProcessedEvents.record(tx, known.stream().map(Envelope::rootId).distinct().toList());
    Set<UUID> failed = new HashSet<>();
    Map<Projector<?>, List<Envelope>> written = new LinkedHashMap<>();
    List<Envelope> wanted =
        known.stream()
            // a replay is applied again, whatever was recorded
            .filter(e -> fresh.contains(e.rootId()) || e.replayof() != null)
            .filter(e -> !Tombstone.is(e))
            .toList();
    if (erasing) {
      OpenRebuild.drop(tx); // its shadow tables know who is erased
      Projector<?> erasure = projectors.get(Erased.TYPE);
      if (erasure != null) {
        project(tx, erasure, ofType(wanted, Erased.TYPE), results, failed);
      }
    }
    Set<UUID> erased = Erased.of(tx, wanted, erasing ? Erased.latest(tx) : latest);
    erased.forEach(id -> results.put(EventId.text(id), new Result.Ignored()));
    List<Envelope> rest =
        wanted.stream()
            .filter(e -> !e.type().equals(Erased.TYPE) && !erased.contains(e.id()))
            .toList();
    for (Projector<?> projector : projectors.values()) {
      List<Envelope> own = ofType(rest, projector.type());
      if (!own.isEmpty()) {
        written.put(projector, project(tx, projector, own, results, failed));
      }
    }
    failed.retainAll(fresh);
    if (!failed.isEmpty()) {
      ProcessedEvents.forget(tx, failed);
    }
    if (!written.isEmpty()) {
      OpenRebuild.follow(tx, written);
    }
    return results;
  }

  private static List<Envelope> ofType(List<Envelope> envelopes, String type) {
    return envelopes.stream().filter(e -> e.type().equals(type)).toList();
  }

  /** Those of the envelopes that were applied. */
  private static List<Envelope> project(
      Connection tx,
      Projector<?> projector,
      List<Envelope> envelopes,
      Map<String, Result> results,
      Set<UUID> failed)
      throws SQLException {
    List<Envelope> applied = new ArrayList<>();
    Projecting.project(
        tx,
        projector,
        envelopes,
        new Projecting.Ends() {
          @Override
          public void applied(Envelope envelope) {
            applied.add(envelope);
            results.put(EventId.text(envelope.id()), new Result.Applied());
          }

          @Override
          public void failed(Envelope envelope, String reason) {
            failed.add(envelope.rootId());
            results.put(EventId.text(envelope.id()), new Result.Failed(reason));
          }
        });
    return applied;
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
