package ingest.delivery.clickhouse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A poll of a Kick channel, one row in {@code vf.kick_streamer_probe_log}. */
public final class KickStreamerProbe implements TelemetryRows {
  private static final DateTimeFormatter DATE_TIME_64 =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSS").withZone(ZoneOffset.UTC);

  /** Times that the table's TTL can count twelve months from; beyond, it would expire at once. */
  private static final Instant FIRST = Instant.EPOCH;

  private static final Instant LAST = Instant.parse("2104-12-31T23:59:59.999Z");

  /** Most of a UInt32. */
  private static final long MOST = 0xFFFF_FFFFL;

  @Override
  public String type() {
    return "kick.viewer_count.observed";
  }

  @Override
  public String table() {
    return "vf.kick_streamer_probe_log";
  }

  @Override
  public List<ObjectNode> rows(Envelope envelope) {
    JsonNode data = envelope.data();
    JsonNode stream = data.path("stream");
    JsonNode category = stream.path("category");
    String subject = envelope.subject();
    ObjectNode row = JsonNodeFactory.instance.objectNode();
    row.put("env", "shared");
    row.put("platform", envelope.source());
    row.put("platform_user_id", subject.substring(subject.indexOf(':') + 1));
    row.put("ts", DATE_TIME_64.format(saturated(envelope.time())));
    row.put("event_id", envelope.rootId().toString());
    row.put("slug", text(data.path("slug")));
    row.put("viewer_count", number(data.path("viewer_count")));
    row.put("is_live", flag(stream.path("is_live")));
    row.put("stream_started_at", time(stream.path("started_at")));
    row.put("title", text(stream.path("title")));
    row.put("category_id", number(category.path("id")));
    row.put("category_name", text(category.path("name")));
    row.put("language", text(stream.path("language")));
    return List.of(row);
  }

  private static @Nullable String text(JsonNode value) {
    return value.textValue();
  }

  private static @Nullable Boolean flag(JsonNode value) {
    return value.isBoolean() ? value.booleanValue() : null;
  }

  private static @Nullable Long number(JsonNode value) {
    boolean fits =
        value.isIntegralNumber()
            && value.canConvertToLong()
            && value.longValue() >= 0
            && value.longValue() <= MOST;
    return fits ? value.longValue() : null;
  }

  private static @Nullable String time(JsonNode value) {
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
