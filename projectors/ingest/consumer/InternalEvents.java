package ingest.consumer;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.envelope.InvalidEnvelope;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.camel.Body;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;

/** The Java steps of the internal endpoints: parse, project, and what they answer. */
public final class InternalEvents {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Events of one request; the senders' batches are at most a thousand. */
  private static final int MOST = 1000;

  /** Ids of one answer. */
  private static final int MOST_IDS = 10_000;

  /** The lowest id that there can be. */
  private static final UUID NONE = new UUID(0, 0);

  private static final Duration LONGEST_LOOK = Duration.ofDays(1);

  private final Consumer consumer;
  private final ProcessedEvents processed;
  private final ConsumerMetrics metrics;

  public InternalEvents(Consumer consumer, ProcessedEvents processed, ConsumerMetrics metrics) {
    this.consumer = consumer;
    this.processed = processed;
    this.metrics = metrics;
  }

  /** A CloudEvents batch, or a single event as a batch of one. */
  public List<JsonNode> parse(@Body byte[] body) {
    JsonNode node;
    try {
      node = JSON.readTree(body);
    } catch (JacksonException e) {
      throw new Refusal(400, "the body is not JSON");
    } catch (IOException e) {
      throw new Refusal(400, "the body cannot be read");
    }
    List<JsonNode> events = new ArrayList<>();
    if (node != null && node.isArray()) {
      node.forEach(events::add);
    } else if (node != null) {
      events.add(node);
    }
    if (events.size() > MOST) {
      throw new Refusal(413, "more than " + MOST + " events");
    }
    if (events.stream().anyMatch(e -> !e.isObject() || !e.path("id").isTextual())) {
      throw new Refusal(400, "not a CloudEvents batch: each event is an object with an id");
    }
    return events;
  }

  /** One transaction; its commit is done when this returns. Lists only what was not applied. */
  public String project(@Body List<JsonNode> events) throws SQLException {
    Map<String, Result> results = consumer.consume(events);
    ObjectNode answer = JSON.createObjectNode();
    ObjectNode listed = JSON.createObjectNode();
    int applied = 0;
    for (Map.Entry<String, Result> result : results.entrySet()) {
      metrics.count(result.getValue());
      if (result.getValue() instanceof Result.Applied) {
        applied++;
      } else {
        ObjectNode entry = listed.putObject(result.getKey());
        entry.put("status", ConsumerMetrics.name(result.getValue()));
        if (result.getValue() instanceof Result.Failed failed) {
          entry.put("error", failed.error());
        }
      }
    }
    answer.put("applied", applied);
    answer.set("results", listed);
    return answer.toString();
  }

  /** What this environment applies, records and declines; anything else parks at the sender. */
  public String types() {
    ObjectNode answer = JSON.createObjectNode();
    ArrayNode applies = answer.putArray("applies");
    consumer.types().forEach(applies::add);
    ArrayNode records = answer.putArray("records");
    consumer.recorded().forEach(records::add);
    ArrayNode declines = answer.putArray("declines");
    consumer.declined().forEach(declines::add);
    return answer.toString();
  }

  /** How many events were processed between two instants, for the sender's balance. */
  public String digest(@Header("from") @Nullable String from, @Header("to") @Nullable String to)
      throws SQLException {
    Instant begin = instant("from", from, Instant.EPOCH);
    Instant end = instant("to", to, Instant.parse("9999-01-01T00:00:00Z"));
    return JSON.createObjectNode().put("processed_events", processed.count(begin, end)).toString();
  }

  /**
   * What was processed, minute by minute of the ids: how many, and the XOR of their low halves. For
   * the sender's reconciliation.
   */
  public String minutes(@Header("from") @Nullable String from, @Header("to") @Nullable String to)
      throws SQLException {
    Look look = Look.of(from, to);
    ObjectNode minutes = JSON.createObjectNode();
    for (ProcessedEvents.Minute minute : processed.minutes(look.first(), look.end())) {
      minutes
          .putObject(Long.toString(minute.minute()))
          .put("events", minute.events())
          .put("hash", Long.toHexString(minute.hash()));
    }
    ObjectNode answer = JSON.createObjectNode();
    answer.set("minutes", minutes);
    return answer.toString();
  }

  /** The ids themselves, and when each was recorded: a page of them, and where it ended. */
  public String ids(
      @Header("from") @Nullable String from,
      @Header("to") @Nullable String to,
      @Header("after") @Nullable String after)
      throws SQLException {
    Look look = Look.of(from, to);
    List<ProcessedEvents.Processed> page =
        processed.ids(look.first(), after == null ? NONE : id(after), look.end(), MOST_IDS);
    ObjectNode answer = JSON.createObjectNode();
    ArrayNode ids = answer.putArray("ids");
    page.forEach(p -> ids.addArray().add(EventId.text(p.id())).add(p.at().toString()));
    if (page.size() == MOST_IDS) {
      answer.put("after", EventId.text(page.get(MOST_IDS - 1).id()));
    }
    return answer.toString();
  }

  private static UUID id(String text) {
    try {
      return EventId.parse(text);
    } catch (InvalidEnvelope e) {
      throw new Refusal(400, "after is not an event id");
    }
  }

  /** A span of ids, by the time that they tell. */
  private record Look(UUID first, UUID end) {
    static Look of(@Nullable String from, @Nullable String to) {
      if (from == null || to == null) {
        throw new Refusal(400, "from and to are needed");
      }
      Instant first = instant("from", from, Instant.EPOCH);
      Instant end = instant("to", to, Instant.EPOCH);
      if (!first.isBefore(end) || Duration.between(first, end).compareTo(LONGEST_LOOK) > 0) {
        throw new Refusal(400, "from and to are at most a day apart, from before to");
      }
      return new Look(EventId.first(first), EventId.first(end));
    }
  }

  private static Instant instant(String name, @Nullable String text, Instant absent) {
    if (text == null) {
      return absent;
    }
    try {
      return Envelope.time(text);
    } catch (InvalidEnvelope e) {
      throw new Refusal(400, name + " is not an RFC 3339 time");
    }
  }
}
