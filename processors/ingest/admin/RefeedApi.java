package ingest.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.operation.Actor;
import ingest.operation.Audit;
import ingest.webhook.Refeed;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.camel.Body;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code POST /admin/refeed}: feeds one page of calls that the inbox has kept and answers where it
 * ended. Who asks goes on from there until no call is left; asking twice for one page changes
 * nothing.
 */
public final class RefeedApi {
  private static final Logger LOG = LoggerFactory.getLogger(RefeedApi.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MOST_SAID = 50;

  private final @Nullable Refeed refeed;
  private final Clock clock;
  private final Audit audit;

  /** {@code refeed}: null where there is no archive. */
  public RefeedApi(@Nullable Refeed refeed, Clock clock, Audit audit) {
    this.refeed = refeed;
    this.clock = clock;
    this.audit = audit;
  }

  public String page(@Header(Actor.HOLDER) @Nullable String holder, @Body String body)
      throws SQLException, InterruptedException {
    JsonNode request = Requests.object(body);
    if (refeed == null) {
      throw new AdminRefusal(409, "this process runs without ClickHouse, where the inbox is");
    }
    Refeed.Window window = window(refeed, request);
    Refeed.Place after = after(request.path("after"));
    Instant start = after == null ? window.from() : after.receivedAt();
    Instant kept = clock.instant().minus(Refeed.KEPT);
    if (start.isBefore(kept)) {
      throw new AdminRefusal(
          400,
          "the inbox keeps a call for %d days: give a time after %s"
              .formatted(Refeed.KEPT.toDays(), kept));
    }
    boolean dry = request.path("dry_run").asBoolean(false);
    try {
      ObjectNode answer = JSON.createObjectNode();
      if (after == null) {
        audit.record(Actor.of(holder, request), "refeed", request);
        answer.put("total", refeed.count(window));
      }
      return told(answer, refeed.page(window, after, dry)).toString();
    } catch (IOException e) {
      LOG.warn("refeed of {}: reading the inbox: {}", window.source(), e.getMessage());
      throw new AdminRefusal(503, "the archive is away or busy");
    }
  }

  private static Refeed.Window window(Refeed refeed, JsonNode request) {
    String source = request.path("source").asText("");
    if (!refeed.sources().contains(source)) {
      throw new AdminRefusal(
          404,
          "no sender %s; there are: %s".formatted(source, String.join(", ", refeed.sources())));
    }
    Instant from = time(request, "from");
    Instant to = time(request, "to");
    if (!from.isBefore(to)) {
      throw new AdminRefusal(400, "from is not before to");
    }
    List<String> said = new ArrayList<>();
    request.path("said").forEach(s -> said.add(s.asText()));
    if (said.size() > MOST_SAID) {
      throw new AdminRefusal(400, "said has more than " + MOST_SAID + " types");
    }
    return new Refeed.Window(
        source, from, to, said, request.path("unmapped_only").asBoolean(false));
  }

  private static Instant time(JsonNode node, String field) {
    try {
      return OffsetDateTime.parse(node.path(field).asText("")).toInstant();
    } catch (DateTimeException e) {
      throw new AdminRefusal(400, field + " is not an RFC 3339 time");
    }
  }

  private static Refeed.@Nullable Place after(JsonNode place) {
    if (!place.isObject()) {
      return null;
    }
    try {
      return new Refeed.Place(
          time(place, "received_at"), UUID.fromString(place.path("event_id").asText("")));
    } catch (IllegalArgumentException e) {
      throw new AdminRefusal(400, "after is no place of an answer");
    }
  }

  private static ObjectNode told(ObjectNode answer, Refeed.Page page) {
    answer.put("calls", page.calls());
    ObjectNode types = answer.putObject("types");
    page.types()
        .forEach(
            (type, count) ->
                types
                    .putObject(type)
                    .put("new", count.fresh())
                    .put("duplicates", count.duplicates()));
    ObjectNode unmapped = answer.putObject("unmapped");
    page.unmapped().forEach(unmapped::put);
    ObjectNode unparseable = answer.putObject("unparseable");
    page.unparseable().forEach(unparseable::put);
    ArrayNode refused = answer.putArray("refused");
    page.refused()
        .forEach(
            r -> refused.addObject().put("event_id", r.call().toString()).put("error", r.error()));
    Refeed.Place last = page.last();
    if (last == null) {
      answer.putNull("after");
    } else {
      answer
          .putObject("after")
          .put("received_at", last.receivedAt().toString())
          .put("event_id", last.eventId().toString());
    }
    return answer;
  }
}
