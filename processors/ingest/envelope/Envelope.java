package ingest.envelope;

import com.ethlo.time.ITU;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One thing that happened upstream, as a CloudEvents 1.0 event.
 *
 * <p>An on-disk format: attributes are only ever added. Every instance is within the limits below;
 * the schema of its {@code data} is {@link EventTypes}'s to check.
 *
 * @param id dedupe key of every consumer, see {@link EventId}
 * @param source the upstream, or {@code dm} for what this tier decides itself
 * @param dataschema {@code <type>/<version>}
 * @param subject the entity, {@code kick:<platform_user_id>}
 * @param time when it happened upstream; milliseconds on the wire, UTC
 * @param rev orders the observations of one subject and aspect; ties go to the id
 * @param channelid {@code dm.streamer_channel.external_id} where the subject is a channel
 * @param replayof the original's id, in replays only
 * @param traceparent W3C trace context
 */
public record Envelope(
    UUID id,
    String source,
    String type,
    String dataschema,
    String subject,
    Instant time,
    long rev,
    @Nullable String channelid,
    @Nullable UUID replayof,
    String traceparent,
    JsonNode data) {

  /** Bytes of one envelope as JSON; a chunk holds at most two of this size. */
  public static final int MAX_BYTES = 128 * 1024;

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int TYPICAL_CHARACTERS = 768;
  static final Pattern SOURCE = Pattern.compile("[a-z0-9][a-z0-9-]{0,39}");
  static final Pattern TYPE = Pattern.compile("[a-z0-9_]+(\\.[a-z0-9_]+)+");
  private static final int MOST_SUBJECT = 200;
  private static final Pattern CHANNEL = Pattern.compile("[0-9A-HJKMNP-TV-Z]{26}");

  /** {@code x} is a digit of lower-case hex. */
  private static final String TRACEPARENT =
      "xx-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx-xxxxxxxxxxxxxxxx-xx";

  public Envelope {
    require(SOURCE, "source", source);
    require(TYPE, "type", type);
    if (type.length() > 120) {
      throw new InvalidEnvelope("type is longer than 120 characters");
    }
    if (!dataschema.startsWith(type + "/")) {
      throw new InvalidEnvelope("dataschema is not <type>/<version>");
    }
    if (subject.isEmpty() || subject.length() > MOST_SUBJECT || !printable(subject)) {
      throw new InvalidEnvelope("subject is malformed");
    }
    if (channelid != null) {
      require(CHANNEL, "channelid", channelid);
    }
    if (!isTraceparent(traceparent)) {
      throw new InvalidEnvelope("traceparent is malformed");
    }
    if (rev < 0) {
      throw new InvalidEnvelope("rev is negative");
    }
    if (!data.isObject()) {
      throw new InvalidEnvelope("data is not an object");
    }
  }

  private static boolean isTraceparent(String text) {
    boolean holds = text.length() == TRACEPARENT.length();
    for (int i = 0; holds && i < text.length(); i++) {
      char c = text.charAt(i);
      holds =
          TRACEPARENT.charAt(i) == '-'
              ? c == '-'
              : (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    }
    return holds;
  }

  /** ASCII without blanks; a loop, since every event pays for it. */
  private static boolean printable(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) <= ' ' || text.charAt(i) > '~') {
        return false;
      }
    }
    return true;
  }

  /** The id under which effects are remembered: the original's, also for a replay of a replay. */
  public UUID rootId() {
    return replayof == null ? id : replayof;
  }

  /** The same event, of the channel with this {@code external_id}; null for none. */
  public Envelope of(@Nullable String channel) {
    return new Envelope(
        id, source, type, dataschema, subject, time, rev, channel, replayof, traceparent, data);
  }

  /** Microseconds since 1970, the usual rev. */
  public static long micros(Instant time) {
    return Math.addExact(
        Math.multiplyExact(time.getEpochSecond(), 1_000_000L), time.getNano() / 1_000);
  }

  /** A new W3C trace context, sampled. */
  public static String newTraceparent() {
    byte[] bytes = new byte[24];
    ThreadLocalRandom.current().nextBytes(bytes);
    String hex = HexFormat.of().formatHex(bytes);
    return "00-" + hex.substring(0, 32) + "-" + hex.substring(32) + "-01";
  }

  /**
   * The bytes that are stored, signed and sent.
   *
   * @throws InvalidEnvelope when they are more than {@link #MAX_BYTES}
   */
  public byte[] toBytes() {
    StringWriter text =
        new StringWriter(TYPICAL_CHARACTERS); // a stream would write an emoji as two escapes
    try (JsonGenerator json = JSON.createGenerator(text)) {
      json.writeStartObject();
      json.writeStringField("specversion", "1.0");
      json.writeStringField("id", EventId.text(id));
      json.writeStringField("source", source);
      json.writeStringField("type", type);
      json.writeStringField("dataschema", dataschema);
      json.writeStringField("datacontenttype", "application/json");
      json.writeStringField("subject", subject);
      json.writeStringField("time", ITU.formatUtcMilli(time.atOffset(ZoneOffset.UTC)));
      json.writeStringField("rev", Long.toString(rev));
      if (channelid != null) {
        json.writeStringField("channelid", channelid);
      }
      if (replayof != null) {
        json.writeStringField("replayof", EventId.text(replayof));
      }
      json.writeStringField("traceparent", traceparent);
      json.writeFieldName("data");
      json.writeTree(data);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    byte[] json = text.toString().getBytes(StandardCharsets.UTF_8);
    if (json.length > MAX_BYTES) {
      throw new InvalidEnvelope(
          "envelope of %d bytes is over the limit of %d".formatted(json.length, MAX_BYTES));
    }
    return json;
  }

  /** {@link #toBytes()} as text. */
  public String toJson() {
    return new String(toBytes(), StandardCharsets.UTF_8);
  }

  /**
   * Reads an envelope from its JSON form.
   *
   * @throws InvalidEnvelope when an attribute is absent or malformed
   */
  public static Envelope of(JsonNode node) {
    if (!node.isObject()) {
      throw new InvalidEnvelope("not an object");
    }
    if (!"1.0".equals(text(node, "specversion"))) {
      throw new InvalidEnvelope("specversion is not 1.0");
    }
    String replayof = optional(node, "replayof");
    return new Envelope(
        EventId.parse(text(node, "id")),
        text(node, "source"),
        text(node, "type"),
        text(node, "dataschema"),
        text(node, "subject"),
        time(text(node, "time")),
        rev(text(node, "rev")),
        optional(node, "channelid"),
        replayof == null ? null : EventId.parse(replayof),
        text(node, "traceparent"),
        node.path("data"));
  }

  /**
   * Reads an RFC 3339 time.
   *
   * @throws InvalidEnvelope when it is none
   */
  public static Instant time(String text) {
    try {
      return ITU.parseDateTime(text).toInstant();
    } catch (DateTimeException e) {
      throw new InvalidEnvelope("time is not RFC 3339");
    }
  }

  private static long rev(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new InvalidEnvelope("rev is not a decimal number");
    }
  }

  private static String text(JsonNode node, String attribute) {
    JsonNode value = node.path(attribute);
    if (!value.isTextual()) {
      throw new InvalidEnvelope(
          attribute + (value.isMissingNode() ? " is missing" : " is not a string"));
    }
    return value.textValue();
  }

  private static @Nullable String optional(JsonNode node, String attribute) {
    return node.has(attribute) ? text(node, attribute) : null;
  }

  private static void require(Pattern pattern, String attribute, String value) {
    if (!pattern.matcher(value).matches()) {
      throw new InvalidEnvelope(attribute + " is malformed");
    }
  }
}
