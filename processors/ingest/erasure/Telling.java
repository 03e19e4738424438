package ingest.erasure;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.envelope.EventType;
import ingest.envelope.EventTypes;
import ingest.operation.Held;
import ingest.outbox.Derived;
import ingest.outbox.Intake;
import ingest.outbox.Outbox;
import ingest.store.DmDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/** Tells environments, by {@code subject.erased}: whatever types a target takes, it gets this. */
final class Telling {
  private static final String TYPE = "subject.erased";

  /** Hashes of one event, which is far from its largest size. */
  private static final int MOST = 500;

  private static final String TARGETS =
      "SELECT name, mode FROM ingest.target WHERE kind = 'http' ORDER BY name";

  private static final String WAITING =
      """
      SELECT d.target, count(*) FILTER (WHERE d.status <> 'delivered') AS open, min(d.status) FILTER (WHERE d.status <> 'delivered') AS status
      FROM ingest.event_key k
      JOIN ingest.ingest_outbox_delivery d ON d.day = k.day AND d.chunk = k.chunk AND d.pos = k.pos
      WHERE k.id = ANY (?) AND d.target <> 'clickhouse' GROUP BY d.target
      """;

  private final DmDatabase dm;
  private final Outbox outbox;
  private final Erasures erasures;
  private final EventTypes types;

  Telling(DmDatabase dm, Outbox outbox, Erasures erasures, EventTypes types) {
    this.dm = dm;
    this.outbox = outbox;
    this.erasures = erasures;
    this.types = types;
  }

  /** Commits what there is to tell; told again in the same pass, it is one event. */
  void tell(Erasure erasure, int pass, ArrayNode told) throws SQLException {
    List<String> hashes = erasures.hashes(erasure.person());
    String salt = erasures.salt();
    List<String> names = List.copyOf(targets().keySet());
    List<Derived> events = new ArrayList<>();
    for (int i = 0; i < hashes.size(); i += MOST) {
      Envelope event =
          event(erasure, pass, i, salt, hashes.subList(i, Math.min(i + MOST, hashes.size())));
      events.add(new Derived(event, names));
      told.add(event.id().toString());
    }
    outbox.commit(new Intake(List.of(), List.of((tx, fresh) -> events)));
  }

  private Envelope event(Erasure erasure, int pass, int part, String salt, List<String> hashes) {
    EventType type =
        types
            .find(TYPE)
            .orElseThrow(() -> new IllegalStateException(TYPE + " has no schema beside a route"));
    String subject = "erasure:" + erasure.id();
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.put("salt", salt);
    ArrayNode all = data.putArray("hashes");
    hashes.forEach(all::add);
    data.put("names", erasure.person().hasNames());
    data.put("until", erasure.until().truncatedTo(ChronoUnit.MICROS).toString());
    return new Envelope(
        EventId.of(erasure.createdAt(), type.source(), type.type(), subject, pass + " " + part, 0),
        type.source(),
        type.type(),
        type.dataschema(),
        subject,
        erasure.createdAt().truncatedTo(ChronoUnit.MILLIS),
        Envelope.micros(erasure.createdAt()) + pass,
        null,
        null,
        Envelope.newTraceparent(),
        data);
  }

  /** What each environment has not been told yet, and why; empty when all have. */
  Map<String, String> waiting(ArrayNode told) throws SQLException {
    List<UUID> ids = new ArrayList<>();
    told.forEach(id -> ids.add(UUID.fromString(id.asText())));
    Map<String, String> waiting = new TreeMap<>();
    targets()
        .forEach(
            (target, mode) -> {
              if (!mode.equals("live")) {
                waiting.put(target, "the target is " + mode);
              }
            });
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(WAITING)) {
      query.setArray(1, connection.createArrayOf("uuid", ids.toArray()));
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          if (rows.getLong("open") == 0) {
            waiting.remove(rows.getString("target"));
          } else {
            waiting.putIfAbsent(rows.getString("target"), rows.getString("status"));
          }
        }
      }
    }
    return waiting;
  }

  /** Environments by name, with their modes. */
  Map<String, String> targets() throws SQLException {
    Map<String, String> targets = new TreeMap<>();
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(TARGETS);
        ResultSet rows = query.executeQuery()) {
      while (rows.next()) {
        targets.put(rows.getString("name"), rows.getString("mode"));
      }
    }
    return targets;
  }

  /** Into the report: who knows, and who does not and why. */
  void report(Held held, Map<String, String> waiting) throws SQLException {
    for (String target : targets().keySet()) {
      String why = waiting.get(target);
      held.count(target + (why == null ? ".told" : ".left"), 1);
      if (why != null) {
        held.counts().withObject("/why").put(target, why);
      }
    }
  }
}
