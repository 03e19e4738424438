package ingest.consumer;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.camel.Body;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /internal/rebuilds}: an object that says what to {@code do} with which rebuild. What
 * is wanted stands in the body, which is signed, and not in the path, which is not; and an object
 * without an event's id is nothing to {@code /internal/events}, as a batch is nothing here.
 */
public final class InternalRebuilds {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Events of one request. */
  private static final int MOST = 1000;

  /** Keys of one page of a difference, and rows that it shows. */
  private static final int MOST_KEYS = 10_000;

  private static final int MOST_SHOWN = 200;

  private final Rebuilds rebuilds;

  public InternalRebuilds(Rebuilds rebuilds) {
    this.rebuilds = rebuilds;
  }

  /** One transaction; its commit is done when this returns. */
  public String act(@Body byte[] body) throws SQLException {
    JsonNode request = parse(body);
    String verb = request.path("do").asText();
    if (verb.equals("list")) {
      return rebuilds.latest().toString();
    }
    UUID id = id(request);
    return switch (verb) {
      case "begin" -> rebuilds.begin(id, text(request, "table")).toString();
      case "project" -> rebuilds.project(id, events(request.path("events"))).toString();
      case "complete" -> rebuilds.complete(id).toString();
      case "difference" ->
          rebuilds
              .difference(
                  id,
                  request.has("table") ? text(request, "table") : null,
                  after(request),
                  number(request, "keys", 1, MOST_KEYS),
                  number(request, "rows", 0, MOST_SHOWN))
              .toString();
      case "swap" -> rebuilds.swap(id, request.path("lose").asLong(0)).toString();
      case "drop" -> rebuilds.drop(id).toString();
      default ->
          throw new Refusal(
              400, "do is none of list, begin, project, complete, difference, swap, drop");
    };
  }

  private static JsonNode parse(byte[] body) {
    try {
      JsonNode node = JSON.readTree(body);
      if (node != null && node.isObject()) {
        return node;
      }
    } catch (JacksonException e) {
      throw new Refusal(400, "the body is not JSON");
    } catch (IOException e) {
      throw new Refusal(400, "the body cannot be read");
    }
    throw new Refusal(400, "the body is not an object");
  }

  private static UUID id(JsonNode request) {
    try {
      return UUID.fromString(request.path("rebuild").asText());
    } catch (IllegalArgumentException e) {
      throw new Refusal(400, "rebuild is no id");
    }
  }

  private static String text(JsonNode request, String field) {
    if (!request.path(field).isTextual()) {
      throw new Refusal(400, field + " is missing");
    }
    return request.path(field).textValue();
  }

  private static int number(JsonNode request, String field, int least, int most) {
    int number = request.path(field).asInt(-1);
    if (number < least || number > most) {
      throw new Refusal(400, "%s is not from %d to %d".formatted(field, least, most));
    }
    return number;
  }

  private static @Nullable JsonNode after(JsonNode request) {
    return request.path("after").isArray() ? request.path("after") : null;
  }

  private static List<JsonNode> events(JsonNode given) {
    List<JsonNode> events = new ArrayList<>();
    given.forEach(events::add);
    if (!given.isArray() || events.size() > MOST) {
      throw new Refusal(400, "events are not up to " + MOST + " envelopes");
    }
    return events;
  }
}
