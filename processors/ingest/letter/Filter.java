package ingest.letter;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.EventId;
import ingest.envelope.InvalidEnvelope;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which events are meant: those for which all hold that is given.
 *
 * @param type a type, or the beginning of types before a {@code *}
 * @param fingerprint of the cause, as a group shows it
 * @param from the first UTC day of the commit
 * @param to the last one
 */
public record Filter(
    @Nullable String target,
    @Nullable String type,
    @Nullable String fingerprint,
    @Nullable String subject,
    @Nullable LocalDate from,
    @Nullable LocalDate to,
    @Nullable UUID event) {

  /** Of everything. */
  public static final Filter ALL = new Filter(null, null, null, null, null, null, null);

  /**
   * Reads what {@link #json} wrote, or an operator.
   *
   * @throws IllegalArgumentException with what is wrong, for the operator
   */
  public static Filter of(JsonNode fields) {
    Filter filter =
        new Filter(
            text(fields, "target"),
            type(text(fields, "type")),
            text(fields, "fingerprint"),
            text(fields, "subject"),
            day(fields, "from"),
            day(fields, "to"),
            event(text(fields, "event")));
    if (filter.from != null && filter.to != null && filter.to.isBefore(filter.from)) {
      throw new IllegalArgumentException("to is before from");
    }
    return filter;
  }

  private static @Nullable String text(JsonNode fields, String name) {
    String text = fields.path(name).asText("");
    if (text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException(name + " holds a NUL");
    }
    return text.isEmpty() ? null : text;
  }

  private static @Nullable String type(@Nullable String pattern) {
    int star = pattern == null ? -1 : pattern.indexOf('*');
    if (pattern != null && star >= 0 && star < pattern.length() - 1) {
      throw new IllegalArgumentException("a type has a * at its end alone: kick.livestream.*");
    }
    return pattern;
  }

  private static @Nullable LocalDate day(JsonNode fields, String name) {
    String text = text(fields, name);
    try {
      return text == null ? null : LocalDate.parse(text);
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(name + " is no day such as 2026-11-19", e);
    }
  }

  private static @Nullable UUID event(@Nullable String id) {
    try {
      return id == null ? null : EventId.parse(id);
    } catch (InvalidEnvelope e) {
      throw new IllegalArgumentException("event is no id of an event", e);
    }
  }

  /** As it stands in an operation's request; what is not given is not there. */
  public ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    put(json, "target", target);
    put(json, "type", type);
    put(json, "fingerprint", fingerprint);
    put(json, "subject", subject);
    put(json, "from", from);
    put(json, "to", to);
    put(json, "event", event == null ? null : EventId.text(event));
    return json;
  }

  private static void put(ObjectNode json, String name, @Nullable Object value) {
    if (value != null) {
      json.put(name, value.toString());
    }
  }

  /** What dead rows {@code i} of {@code ingest.delivery_item} it means. */
  Query dead() {
    Query query = new Query().add("i.status = 'dead'");
    if (target != null) {
      query.add("AND i.target = ?", target);
    }
    query.add(ofItem());
    if (event != null) {
      query.add("AND i.day = (SELECT k.day FROM ingest.event_key k WHERE k.id = ?)", event);
      query.add("AND i.target IN (SELECT t.name FROM ingest.target t)");
    }
    if (subject != null) {
      query.add("AND i.subject_key = hashtextextended(?, 0)", subject);
      query.add(
          """
          AND EXISTS (SELECT FROM ingest.ingest_outbox o
                      WHERE o.day = i.day AND o.chunk = i.chunk AND o.pos = i.pos AND o.subject = ?)""",
          subject);
    }
    return query;
  }

  /** How many columns of {@link Place}, from the first on, it gives the one value of. */
  int given() {
    if (target == null) {
      return 0;
    }
    if (type == null || type.endsWith("*")) {
      return 1;
    }
    return fingerprint == null ? 2 : 3;
  }

  /** What an item says of itself, but for its status and target. */
  Query ofItem() {
    Query query = new Query().add(ofType("i")).add(ofDay("i"));
    if (fingerprint != null) {
      query.add("AND i.fingerprint = ?", fingerprint);
    }
    if (event != null) {
      query.add("AND i.event_id = ?", event);
    }
    return query;
  }

  /** What an event {@code o} of {@code ingest.ingest_outbox} says of itself, but for its day. */
  Query ofEvent() {
    Query query = ofType("o");
    if (subject != null) {
      query.add("AND o.subject = ?", subject);
    }
    if (event != null) {
      query.add("AND o.event_id = ?", event);
    }
    return query;
  }

  Query ofDay(String table) {
    Query query = new Query();
    if (from != null) {
      query.add("AND " + table + ".day >= ?", from);
    }
    if (to != null) {
      query.add("AND " + table + ".day <= ?", to);
    }
    return query;
  }

  private Query ofType(String table) {
    Query query = new Query();
    if (type == null || type.equals("*")) {
      return query;
    }
    return type.endsWith("*")
        ? query.add("AND starts_with(" + table + ".type, ?)", type.substring(0, type.length() - 1))
        : query.add("AND " + table + ".type = ?", type);
  }
}
