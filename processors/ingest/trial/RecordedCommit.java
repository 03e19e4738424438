package ingest.trial;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.envelope.EventTypes;
import ingest.envelope.InvalidEnvelope;
import ingest.outbox.Committed;
import ingest.outbox.Intake;
import ingest.outbox.OutboxCommit;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.jspecify.annotations.Nullable;

/**
 * Stands in for {@link OutboxCommit}, under its name: takes what that takes, a {@link Committed}
 * out, nothing written. It refuses what the outbox refuses.
 */
final class RecordedCommit implements Processor {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final EventTypes types;
  private final Journal journal;
  private final @Nullable RolledBack dm;
  private final Set<UUID> seen = new HashSet<>();

  RecordedCommit(EventTypes types, Journal journal, @Nullable RolledBack dm) {
    this.types = types;
    this.journal = journal;
    this.dm = dm;
  }

  @Override
  public void process(Exchange exchange) throws SQLException {
    Intake intake = OutboxCommit.intake(exchange.getMessage().getBody());
    exchange.getMessage().setBody(record(intake, Steps.current(), false));
  }

  /** Notes what a helper hands back, which its caller would commit. */
  void handedBack(Intake intake, String route) throws SQLException {
    record(intake, new Step(route, ""), true);
  }

  private synchronized Committed record(Intake intake, Step step, boolean handedBack)
      throws SQLException {
    Set<UUID> known = dm == null ? Set.of() : known(dm, intake);
    Set<UUID> fresh = new HashSet<>();
    Set<UUID> duplicates = new HashSet<>();
    List<Entry.Event> events = new ArrayList<>();
    Set<UUID> own = new HashSet<>();
    String refused = null;
    for (Envelope envelope : intake.envelopes()) {
      UUID id = envelope.id();
      String duplicate =
          known.contains(id)
              ? "the outbox has this id"
              : seen.contains(id) ? "this run had this id before" : null;
      (duplicate == null ? fresh : duplicates).add(id);
      String error = error(envelope);
      events.add(new Entry.Event(json(envelope), error, duplicate));
      if (!own.add(id)) {
        refused = "two events of one intake share the id " + EventId.text(id);
      }
    }
    seen.addAll(own);
    List<String> effects =
        intake.effects().stream().map(e -> e.getClass().getSimpleName()).toList();
    journal.add(new Entry.Committed(step, events, effects, refused, dm != null, handedBack));
    String first =
        events.stream().map(Entry.Event::error).filter(e -> e != null).findFirst().orElse(refused);
    if (first != null) {
      throw new InvalidEnvelope(first);
    }
    return new Committed(fresh, duplicates);
  }

  private @Nullable String error(Envelope envelope) {
    try {
      types.check(envelope);
      envelope.toJson();
      return null;
    } catch (InvalidEnvelope e) {
      return e.getMessage();
    }
  }

  /** Also of an envelope over its size: that is told beside it. */
  private static ObjectNode json(Envelope envelope) {
    try {
      return (ObjectNode) JSON.readTree(envelope.toJson());
    } catch (InvalidEnvelope e) {
      return JSON.createObjectNode()
          .put("id", EventId.text(envelope.id()))
          .put("type", envelope.type())
          .put("subject", envelope.subject());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Set<UUID> known(RolledBack dm, Intake intake) throws SQLException {
    Set<UUID> known = new HashSet<>();
    try (Connection connection = dm.getConnection();
        PreparedStatement query =
            connection.prepareStatement("SELECT id FROM ingest.event_key WHERE id = ANY (?)")) {
      Array ids =
          connection.createArrayOf("uuid", intake.envelopes().stream().map(Envelope::id).toArray());
      query.setArray(1, ids);
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          known.add(rows.getObject(1, UUID.class));
        }
      }
    }
    return known;
  }
}
