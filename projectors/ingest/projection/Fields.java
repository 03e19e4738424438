package ingest.projection;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.envelope.Envelope;
import ingest.envelope.InvalidEnvelope;
import ingest.envelope.Revision;
import ingest.envelope.Slug;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Reads the data of envelopes. What is absent, or of another type than asked for, is null; what has
 * to be there is an {@link InvalidEnvelope} then.
 */
public final class Fields {
  private Fields() {}

  /** The place of the event among those of its subject and aspect. */
  public static Revision revision(Envelope envelope) {
    return new Revision(envelope.rev(), envelope.rootId());
  }

  /** What the data of a type has to have. */
  public static <T> T required(@Nullable T value, Envelope envelope) {
    if (value == null) {
      throw new InvalidEnvelope("data is not that of " + envelope.dataschema());
    }
    return value;
  }

  public static @Nullable String text(JsonNode node, String field) {
    return node.path(field).isTextual() ? node.path(field).textValue() : null;
  }

  /** A channel's name as {@code dm} has it too; what is none there is absent here. */
  public static @Nullable String slug(JsonNode node, String field) {
    String text = text(node, field);
    return text == null ? null : Slug.of(text).orElse(null);
  }

  public static @Nullable Boolean flag(JsonNode node, String field) {
    return node.path(field).isBoolean() ? node.path(field).booleanValue() : null;
  }

  public static @Nullable Integer integer(JsonNode node, String field) {
    return node.path(field).isInt() ? node.path(field).intValue() : null;
  }

  /** A number of more than 32 bits. */
  public static @Nullable Long bigint(JsonNode node, String field) {
    JsonNode value = node.path(field);
    return value.isIntegralNumber() && value.canConvertToLong() ? value.longValue() : null;
  }

  /**
   * A time.
   *
   * @throws InvalidEnvelope when there is a text that is none
   */
  public static @Nullable Instant time(JsonNode node, String field) {
    String text = text(node, field);
    return text == null ? null : Envelope.time(text);
  }
}
