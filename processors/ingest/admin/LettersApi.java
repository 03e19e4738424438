package ingest.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.delivery.Targets;
import ingest.envelope.EventId;
import ingest.letter.Filter;
import ingest.letter.Letters;
import ingest.letter.Order;
import ingest.letter.Place;
import ingest.letter.Preview;
import ingest.letter.Previews;
import ingest.letter.Seen;
import ingest.operation.Actor;
import ingest.operation.Operations;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.camel.Body;
import org.apache.camel.Header;
import org.apache.camel.Headers;
import org.jspecify.annotations.Nullable;

/**
 * {@code /admin/letters}: what is dead, in groups and one by one, what an action would take, and
 * the actions, which are operations. An answer that is cut says so.
 */
public final class LettersApi {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> FIELDS =
      List.of("target", "type", "fingerprint", "subject", "from", "to", "event", "of", "limit");
  private static final int LIMIT = 50;
  private static final int MOST = 1000;
  private static final int FASTEST = 100_000;

  private final Letters letters;
  private final Previews previews;
  private final Targets targets;
  private final Operations operations;

  public LettersApi(Letters letters, Previews previews, Targets targets, Operations operations) {
    this.letters = letters;
    this.previews = previews;
    this.targets = targets;
    this.operations = operations;
  }

  /** By target, type and cause, the largest first. */
  public String groups(@Headers Map<String, Object> headers) throws SQLException {
    JsonNode asked = asked(headers);
    Letters.Groups groups = letters.groups(filter(asked), limit(asked));
    ObjectNode answer =
        JSON.createObjectNode()
            .put("of_groups", groups.groups())
            .put("of_events", groups.events())
            .put("complete", groups.shown().size() == groups.groups());
    ArrayNode shown = answer.putArray("groups");
    for (Letters.Group group : groups.shown()) {
      shown
          .addObject()
          .put("target", group.target())
          .put("type", group.type())
          .put("fingerprint", group.fingerprint())
          .put("events", group.events())
          .put("first", group.first().toString())
          .put("last", group.last().toString())
          .set("sample", row(group.sample()));
    }
    return answer.toString();
  }

  /** One by one; {@code after} goes on where the last answer ended. */
  public String list(@Headers Map<String, Object> headers, @Header("after") @Nullable String after)
      throws SQLException {
    JsonNode asked = asked(headers);
    int limit = limit(asked);
    List<Letters.Letter> found = letters.list(filter(asked), place(after), limit + 1);
    List<Letters.Letter> shown = found.subList(0, Math.min(limit, found.size()));
    ObjectNode answer = JSON.createObjectNode().put("complete", shown.size() == found.size());
    ArrayNode rows = answer.putArray("letters");
    shown.forEach(letter -> rows.add(row(letter)));
    if (!shown.isEmpty()) {
      answer.set("after", shown.get(shown.size() - 1).place().json());
    }
    return answer.toString();
  }

  /** What an action would take, and what to give with it so that it takes exactly that. */
  public String preview(@Headers Map<String, Object> headers) throws SQLException {
    JsonNode asked = asked(headers);
    Order.Of of = of(asked);
    Filter filter = filter(asked);
    if (of != Order.Of.dead) {
      oneTarget(filter);
    }
    return told(previews.of(filter, of, null)).toString();
  }

  /** Has dead letters tried once more. */
  public String requeue(@Header(Actor.HOLDER) @Nullable String holder, @Body String body)
      throws SQLException {
    JsonNode request = Requests.object(body);
    Filter filter = filter(request);
    if (filter.equals(Filter.ALL) && !request.path("all").asBoolean(false)) {
      throw new AdminRefusal(
          400, "say which: a target, a type, a fingerprint, a subject, days, an event, or all");
    }
    return begin("requeue", filter, Order.Of.dead, request, rate(request), holder);
  }

  /** Gives up what is dead or waits for one target. */
  public String abandon(@Header(Actor.HOLDER) @Nullable String holder, @Body String body)
      throws SQLException {
    JsonNode request = Requests.object(body);
    Filter filter = filter(request);
    oneTarget(filter);
    if (request.path("why").asText("").isBlank()) {
      throw new AdminRefusal(400, "what is abandoned has a reason: say why");
    }
    return begin("abandon", filter, of(request), request, null, holder);
  }

  private String begin(
      String kind,
      Filter filter,
      Order.Of of,
      JsonNode request,
      @Nullable Integer rate,
      @Nullable String holder)
      throws SQLException {
    Actor actor = Actor.of(holder, request);
    Preview preview = previews.of(filter, of, seen(request));
    ObjectNode answer = told(preview);
    if (preview.complete() && preview.total() == 0) {
      return answer.putNull("operation").toString();
    }
    Order order = new Order(filter, preview.seen(), of, actor.who(), actor.why());
    long operation =
        operations.begin(
            kind, order.json(), preview.complete() ? preview.total() : null, rate, actor);
    return answer.put("operation", operation).toString();
  }

  private ObjectNode told(Preview preview) throws SQLException {
    Map<String, String> modes =
        targets.all().stream().collect(Collectors.toMap(Targets.Row::name, Targets.Row::mode));
    ObjectNode answer =
        JSON.createObjectNode()
            .put("seen", preview.seen())
            .put("events", preview.total())
            .put("complete", preview.complete());
    ObjectNode byTarget = answer.putObject("targets");
    preview
        .targets()
        .forEach(
            (target, counts) ->
                byTarget
                    .putObject(target)
                    .put("mode", modes.get(target))
                    .put("dead", counts.dead())
                    .put("pending", counts.pending()));
    return answer;
  }

  private static ObjectNode row(Letters.Letter letter) {
    return JSON.createObjectNode()
        .put("event", EventId.text(letter.place().eventId()))
        .put("target", letter.place().target())
        .put("type", letter.place().type())
        .put("subject", letter.subject())
        .put("day", letter.day().toString())
        .put("died_at", letter.place().diedAt().toString())
        .put("attempts", letter.attempts())
        .put("attempted_at", text(letter.attemptedAt()))
        .put("fingerprint", letter.place().fingerprint())
        .put("last_error", letter.lastError())
        .put("response", letter.response());
  }

  private static @Nullable String text(@Nullable Instant time) {
    return time == null ? null : time.toString();
  }

  private static JsonNode asked(Map<String, Object> headers) {
    ObjectNode asked = JSON.createObjectNode();
    for (String field : FIELDS) {
      Object value = headers.get(field);
      if (value != null) {
        asked.put(field, value.toString());
      }
    }
    return asked;
  }

  private Filter filter(JsonNode request) throws SQLException {
    Filter filter;
    try {
      filter = Filter.of(request);
    } catch (IllegalArgumentException e) {
      throw new AdminRefusal(400, String.valueOf(e.getMessage()));
    }
    String target = filter.target();
    List<String> known = targets.all().stream().map(Targets.Row::name).toList();
    if (target != null && !known.contains(target)) {
      throw new AdminRefusal(
          404, "no target %s; there are: %s".formatted(target, String.join(", ", known)));
    }
    return filter;
  }

  private static void oneTarget(Filter filter) {
    if (filter.target() == null) {
      throw new AdminRefusal(400, "say for which target");
    }
  }

  private static Order.Of of(JsonNode request) {
    String word = request.path("of").asText("dead");
    for (Order.Of of : Order.Of.values()) {
      if (of.name().equals(word)) {
        return of;
      }
    }
    throw new AdminRefusal(400, "of is dead, pending or both");
  }

  private static @Nullable String seen(JsonNode request) {
    String seen = request.path("seen").asText("");
    if (seen.isEmpty()) {
      return null;
    }
    if (!Seen.valid(seen)) {
      throw new AdminRefusal(400, "seen is what a preview has answered");
    }
    return seen;
  }

  private static @Nullable Place place(@Nullable String after) {
    if (after == null || after.isEmpty()) {
      return null;
    }
    try {
      return Place.of(JSON.readTree(after));
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw new AdminRefusal(400, "after is no place of an answer");
    }
  }

  private static int limit(JsonNode asked) {
    String text = asked.path("limit").asText("");
    if (text.isEmpty()) {
      return LIMIT;
    }
    int limit = text.matches("\\d{1,6}") ? Integer.parseInt(text) : 0;
    if (limit < 1 || limit > MOST) {
      throw new AdminRefusal(400, "limit is a number from 1 to " + MOST);
    }
    return limit;
  }

  private static @Nullable Integer rate(JsonNode request) {
    JsonNode rate = request.path("rate");
    if (rate.isMissingNode() || rate.isNull()) {
      return null;
    }
    if (!rate.canConvertToInt() || rate.asInt() < 1 || rate.asInt() > FASTEST) {
      throw new AdminRefusal(400, "rate is a number of events per second from 1 to " + FASTEST);
    }
    return rate.asInt();
  }
}
