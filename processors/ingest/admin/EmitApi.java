package ingest.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.envelope.EventType;
import ingest.envelope.EventTypes;
import ingest.envelope.InvalidEnvelope;
import ingest.operation.Actor;
import ingest.operation.Audit;
import ingest.outbox.Committed;
import ingest.outbox.Intake;
import ingest.outbox.Outbox;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.apache.camel.Body;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /admin/emit}: commits the envelopes of NDJSON lines. A line that is wrong is told by
 * its number and hinders no other; the rest is committed in one transaction before the answer.
 */
public final class EmitApi {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MOST = 500;

  /** How far ahead of us a clock may be; a later time would hold up its subject for good. */
  private static final Duration AHEAD = Duration.ofMinutes(2);

  private final Outbox outbox;
  private final EventTypes types;
  private final Clock clock;
  private final Audit audit;

  public EmitApi(Outbox outbox, EventTypes types, Clock clock, Audit audit) {
    this.outbox = outbox;
    this.types = types;
    this.clock = clock;
    this.audit = audit;
  }

  public String emit(@Header(Actor.HOLDER) @Nullable String holder, @Body String body)
      throws SQLException {
    List<String> lines = body.lines().toList();
    if (lines.size() > MOST) {
      throw new AdminRefusal(413, "more than " + MOST + " lines in one call");
    }
    audit.record(
        Actor.of(holder, JSON.createObjectNode()),
        "emit",
        JSON.createObjectNode().put("lines", lines.size()));
    ObjectNode answer = JSON.createObjectNode();
    ArrayNode rejected = JSON.createArrayNode();
    List<Envelope> envelopes = new ArrayList<>();
    Set<UUID> ids = new HashSet<>();
    int read = 0;
    int repeated = 0;
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).isBlank()) {
        continue;
      }
      read++;
      try {
        Envelope envelope = envelope(lines.get(i));
        if (ids.add(envelope.id())) {
          envelopes.add(envelope);
        } else {
          repeated++;
        }
      } catch (InvalidEnvelope e) {
        rejected.addObject().put("line", i + 1).put("error", e.getMessage());
      }
    }
    Committed committed =
        envelopes.isEmpty()
            ? new Committed(Set.of(), Set.of())
            : outbox.commit(new Intake(envelopes, List.of()));
    answer.put("lines", read);
    answer.put("new", committed.fresh().size());
    answer.put("duplicates", committed.duplicates().size() + repeated);
    answer.set("rejected", rejected);
    return answer.toString();
  }

  private Envelope envelope(String line) {
    JsonNode node;
    try {
      node = JSON.readTree(line);
    } catch (JsonProcessingException e) {
      throw new InvalidEnvelope("not JSON");
    }
    if (!(node instanceof ObjectNode given)) {
      throw new InvalidEnvelope("not a JSON object");
    }
    Envelope envelope = Envelope.of(complete(given));
    if (envelope.replayof() != null) {
      throw new InvalidEnvelope("replayof is for replays, which never come this way");
    }
    types.check(envelope);
    envelope.toJson();
    return envelope;
  }

  /** What a line may leave out. Without a key, equal lines are one fact. */
  private ObjectNode complete(ObjectNode given) {
    ObjectNode whole = given.deepCopy();
    JsonNode key = whole.remove("key");
    String type = given.path("type").asText();
    absent(whole, "specversion", "1.0");
    absent(whole, "dataschema", types.find(type).map(EventType::dataschema).orElse(type + "/1"));
    absent(whole, "traceparent", Envelope.newTraceparent());
    Instant time = time(given);
    absent(whole, "rev", Long.toString(Envelope.micros(time)));
    if (!whole.has("id")) {
      whole.put(
          "id",
          EventId.text(
              EventId.of(
                  time,
                  given.path("source").asText(),
                  type,
                  given.path("subject").asText(),
                  key == null ? given.toString() : key.asText(),
                  0)));
    }
    return whole;
  }

  private Instant time(ObjectNode given) {
    if (!given.path("time").isTextual()) {
      throw new InvalidEnvelope("time is missing");
    }
    Instant time = Envelope.time(given.path("time").asText());
    if (time.isAfter(clock.instant().plus(AHEAD))) {
      throw new InvalidEnvelope("time is more than 2 minutes ahead");
    }
    if (time.isBefore(Instant.EPOCH)) {
      throw new InvalidEnvelope("time is before 1970");
    }
    return time;
  }

  private static void absent(ObjectNode node, String attribute, String value) {
    if (!node.has(attribute)) {
      node.put(attribute, value);
    }
  }
}
