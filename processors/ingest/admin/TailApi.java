package ingest.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.EventType;
import ingest.envelope.EventTypes;
import ingest.outbox.Tail;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.Locale;
import java.util.regex.Pattern;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /admin/tail}: what was committed since the last answer, whose cursor goes with the
 * next question; without one, where to begin. The data of personal and private types stays here: a
 * viewer's token is enough to follow.
 */
public final class TailApi {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern SNAPSHOT = Pattern.compile("\\d{1,19}:\\d{1,19}:[\\d,]{0,8000}");
  private static final Pattern DAY = Pattern.compile("\\d{4}-\\d{2}-\\d{2}");

  /** A follower who was away for longer begins anew. */
  private static final Duration OLDEST = Duration.ofHours(1);

  private static final int LONGEST_CURSOR = 16_000;
  private static final String NO_CURSOR = "the cursor is none of an answer";
  private static final String DATA_EXCEPTION = "22";

  private final Tail tail;
  private final EventTypes types;
  private final Clock clock;

  public TailApi(Tail tail, EventTypes types, Clock clock) {
    this.tail = tail;
    this.types = types;
    this.clock = clock;
  }

  /** Each question is bounded, whatever is asked for: a page may tell nothing and have a next. */
  public String page(
      @Header("cursor") @Nullable String cursor,
      @Header("type") @Nullable String type,
      @Header("subject") @Nullable String subject,
      @Header("target") @Nullable String target)
      throws SQLException {
    if (cursor == null || cursor.isEmpty()) {
      return answer(JSON.createArrayNode(), tail.end(), false);
    }
    Tail.Page page = told(place(cursor), new Tail.Filter(none(type), none(subject), none(target)));
    ArrayNode events = JSON.createArrayNode();
    for (Tail.Told told : page.events()) {
      events.add(event(told));
    }
    return answer(events, page.next(), page.more());
  }

  /** PostgreSQL knows a snapshot when it sees one. */
  private Tail.Page told(Tail.Place place, Tail.Filter filter) throws SQLException {
    try {
      return tail.page(place, filter);
    } catch (SQLException e) {
      if (String.valueOf(e.getSQLState()).startsWith(DATA_EXCEPTION)) {
        throw new AdminRefusal(400, NO_CURSOR);
      }
      throw e;
    }
  }

  private static @Nullable String none(@Nullable String text) {
    return text == null || text.isEmpty() ? null : text;
  }

  private ObjectNode event(Tail.Told told) {
    ObjectNode node = JSON.createObjectNode();
    node.put("committed_at", told.committedAt().toString());
    try {
      ObjectNode envelope = (ObjectNode) JSON.readTree(told.envelope());
      EventType.Pii pii =
          types.find(told.type()).map(EventType::pii).orElse(EventType.Pii.PERSONAL);
      if (pii == EventType.Pii.PERSONAL || pii == EventType.Pii.PRIVATE) {
        envelope.remove("data");
        node.put("data_withheld", pii.name().toLowerCase(Locale.ROOT));
      }
      node.set("event", envelope);
      return node;
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an envelope that is no JSON", e);
    }
  }

  private static String answer(ArrayNode events, Tail.Place next, boolean more) {
    ObjectNode answer = JSON.createObjectNode();
    answer.set("events", events);
    return answer.put("cursor", cursor(next)).put("more", more).toString();
  }

  private static String cursor(Tail.Place place) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(JSON.valueToTree(place).toString().getBytes(StandardCharsets.UTF_8));
  }

  private Tail.Place place(String cursor) {
    Tail.Place place;
    try {
      if (cursor.length() > LONGEST_CURSOR) {
        throw new AdminRefusal(400, NO_CURSOR);
      }
      JsonNode node = JSON.readTree(Base64.getUrlDecoder().decode(cursor));
      place = JSON.treeToValue(node, Tail.Place.class);
    } catch (IllegalArgumentException | IOException e) {
      throw new AdminRefusal(400, NO_CURSOR);
    }
    Tail.Position after = place == null ? null : place.after();
    if (place == null
        || !SNAPSHOT.matcher(String.valueOf(place.told())).matches()
        || (place.telling() != null && !SNAPSHOT.matcher(place.telling()).matches())
        || (after != null && !DAY.matcher(String.valueOf(after.day())).matches())) {
      throw new AdminRefusal(400, NO_CURSOR);
    }
    if (clock.millis() - place.millis() > OLDEST.toMillis()) {
      throw new AdminRefusal(
          410,
          "more than an hour was not followed: begin anew, what was committed is in raw_events");
    }
    return place;
  }
}
