package ingest.delivery.clickhouse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;

/** Values as columns take them; null where one is absent or unfit. */
final class Cells {
  private static final DateTimeFormatter DATE_TIME_64 =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSS").withZone(ZoneOffset.UTC);

  /** Times that a table's TTL can count twelve months from; beyond, it would expire at once. */
  private static final Instant FIRST = Instant.EPOCH;

  private static final Instant LAST = Instant.parse("2104-12-31T23:59:59.999Z");

  /** Most of a UInt32. */
  private static final long MOST = 0xFFFF_FFFFL;

  private Cells() {}

  /** A row with what a table of platforms' channels is partitioned and sorted by. */
  static ObjectNode ofChannel(Envelope envelope) {
    String subject = envelope.subject();
    ObjectNode row = JsonNodeFactory.instance.objectNode();
    row.put("env", "shared");
    row.put("platform", envelope.source());
    row.put("platform_user_id", subject.substring(subject.indexOf(':') + 1));
    row.put("ts", happened(envelope));
    row.put("event_id", envelope.rootId().toString());
    return row;
  }

  /** The event's time, or the nearest that a column takes. */
  static String happened(Envelope envelope) {
    return DATE_TIME_64.format(saturated(envelope.time()));
  }

  static @Nullable String text(JsonNode value) {
    return value.textValue();
  }

  /** For a column that has no NULL. */
  static String textOrEmpty(JsonNode value) {
    return value.isTextual() ? value.textValue() : "";
  }

  static @Nullable Boolean flag(JsonNode value) {
    return value.isBoolean() ? value.booleanValue() : null;
  }

  static @Nullable Long number(JsonNode value) {
    boolean fits =
        value.isIntegralNumber()
            && value.canConvertToLong()
            && value.longValue() >= 0
            && value.longValue() <= MOST;
    return fits ? value.longValue() : null;
  }

  /** A number from 0 to 100. */
  static @Nullable Double points(JsonNode value) {
    boolean fits = value.isNumber() && value.doubleValue() >= 0 && value.doubleValue() <= 100;
    return fits ? value.doubleValue() : null;
  }

  static @Nullable String time(JsonNode value) {
    if (!value.isTextual()) {
      return null;
    }
    try {
      Instant time = Instant.parse(value.textValue());
      return saturated(time).equals(time) ? DATE_TIME_64.format(time) : null;
    } catch (DateTimeParseException e) {
      return null;
    }
  }

  private static Instant saturated(Instant time) {
    return time.isBefore(FIRST) ? FIRST : time.isAfter(LAST) ? LAST : time;
  }
}
