package ingest.letter;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import ingest.envelope.EventId;
import ingest.envelope.InvalidEnvelope;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.List;
import java.util.UUID;

/**
 * Where a dead letter stands among all: by target, type and cause, and there the longest dead
 * first. What is re-queued leaves the order, so a page goes on behind a place, never at a number.
 */
public record Place(String target, String type, String fingerprint, Instant diedAt, UUID eventId) {
  private static final int FIELDS = 5;

  /**
   * Reads what {@link #json} wrote.
   *
   * @throws IllegalArgumentException when it is none
   */
  public static Place of(JsonNode json) {
    if (!json.isArray() || json.size() != FIELDS) {
      throw new IllegalArgumentException("no place of an answer");
    }
    try {
      return new Place(
          json.path(0).asText(),
          json.path(1).asText(),
          json.path(2).asText(),
          Instant.parse(json.path(3).asText()),
          EventId.parse(json.path(4).asText()));
    } catch (DateTimeException | InvalidEnvelope e) {
      throw new IllegalArgumentException("no place of an answer", e);
    }
  }

  static Place of(ResultSet row) throws SQLException {
    return new Place(
        row.getString("target"),
        row.getString("type"),
        row.getString("fingerprint"),
        row.getObject("died_at", OffsetDateTime.class).toInstant(),
        row.getObject("event_id", UUID.class));
  }

  /** An array, for an operation's position and for who goes on with a list. */
  public ArrayNode json() {
    return JsonNodeFactory.instance
        .arrayNode()
        .add(target)
        .add(type)
        .add(fingerprint)
        .add(diedAt.toString())
        .add(EventId.text(eventId));
  }

  /**
   * That a dead row {@code i} stands behind it, for who means {@code filter} alone. Columns of
   * which the filter gives the value are left out at the beginning: the index would be entered by
   * that value, not by this place, and each page would read all before it.
   */
  Query behind(Filter filter) {
    List<String> columns =
        List.of("i.target", "i.type", "i.fingerprint", "i.died_at", "i.event_id");
    List<Object> values =
        List.of(target, type, fingerprint, diedAt.atOffset(ZoneOffset.UTC), eventId);
    int given = filter.given();
    return new Query()
        .add(
            "AND (%s) > (%s)"
                .formatted(
                    String.join(", ", columns.subList(given, columns.size())),
                    String.join(", ", Collections.nCopies(columns.size() - given, "?"))),
            values.subList(given, values.size()).toArray());
  }
}
