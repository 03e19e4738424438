package ingest.mapping;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventType;
import ingest.envelope.EventTypes;
import ingest.envelope.InvalidEnvelope;
import java.time.Clock;
import java.time.Instant;
import java.util.Date;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.jspecify.annotations.Nullable;

/**
 * The step {@code bean:envelope}: one envelope from what a {@code setVariables} before it says.
 *
 * <table>
 *   <caption>Variables that it reads; an expression that finds nothing leaves its own absent</caption>
 *   <tr><td>{@code type}</td><td>registered by its schema, which gives source and version</td></tr>
 *   <tr><td>{@code subject}</td><td>{@code <platform>:<id>}</td></tr>
 *   <tr><td>{@code time}</td><td>when it happened: RFC 3339, or a whole number, which is seconds
 *     since 1970 below 100,000,000,000 and milliseconds from there on; absent: when it was asked
 *     for. Held to two minutes ahead of the clock</td></tr>
 *   <tr><td>{@code key}</td><td>the sender's own key, which needs a {@code time} that never changes
 *     with it; absent: the poll's slot</td></tr>
 *   <tr><td>{@code ordinal}</td><td>apart from others of this type, subject and key; absent: 0</td></tr>
 *   <tr><td>{@code rev}</td><td>the upstream's own revision; absent: microseconds of the time</td></tr>
 *   <tr><td>{@code channelid}</td><td>where the subject is a channel</td></tr>
 *   <tr><td>{@code data.<field>}</td><td>a field of the data each, {@code data.a.b} inside of
 *     {@code a}; as the expression gives it, so a number stays one</td></tr>
 *   <tr><td>{@code data}</td><td>all of it, where no field is named; absent: the body</td></tr>
 * </table>
 *
 * <p>The body becomes the envelope. A member of the data that is null is absent.
 */
public final class EnvelopeStep implements Processor {
  private static final String FIELD = "data.";
  private static final Pattern WHOLE = Pattern.compile("[0-9]{1,18}");

  /** Seconds until the year 5138; milliseconds since 1973. */
  private static final long FIRST_MILLIS = 100_000_000_000L;

  private final EventTypes types;
  private final Clock clock;

  public EnvelopeStep(EventTypes types, Clock clock) {
    this.types = types;
    this.clock = clock;
  }

  @Override
  public void process(Exchange exchange) {
    EventType type =
        types
            .find(required(exchange, "type"))
            .orElseThrow(
                () ->
                    new InvalidEnvelope("type is not registered, it has no schema beside a route"));
    Draft draft =
        new Draft(
            type,
            required(exchange, "subject"),
            time(exchange.getVariable("time")),
            text(exchange, "key"),
            null,
            Math.toIntExact(number(exchange, "ordinal", 0L, Integer.MAX_VALUE)),
            exchange.getVariable("rev") == null
                ? null
                : number(exchange, "rev", 0L, Long.MAX_VALUE),
            text(exchange, "channelid"),
            Json.told(data(exchange)));
    exchange.getMessage().setBody(draft.envelope(Arrivals.of(exchange, clock)), Envelope.class);
  }

  private static JsonNode data(Exchange exchange) {
    Map<String, Object> fields = new TreeMap<>();
    exchange
        .getVariables()
        .forEach(
            (name, value) -> {
              if (name.startsWith(FIELD)) {
                fields.put(name.substring(FIELD.length()), value);
              }
            });
    if (fields.isEmpty()) {
      Object data = exchange.getVariable("data");
      return data == null
          ? Json.document(exchange.getMessage().getBody(), "data", exchange)
          : Json.document(data, "data", exchange);
    }
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    fields.forEach(
        (path, value) -> {
          if (value != null) {
            set(data, path, Json.value(value, FIELD + path));
          }
        });
    return data;
  }

  private static void set(ObjectNode object, String path, JsonNode value) {
    int dot = path.indexOf('.');
    if (dot < 0) {
      object.set(path, value);
    } else {
      JsonNode inner = object.path(path.substring(0, dot));
      set(
          inner instanceof ObjectNode there ? there : object.putObject(path.substring(0, dot)),
          path.substring(dot + 1),
          value);
    }
  }

  private static String required(Exchange exchange, String attribute) {
    String text = text(exchange, attribute);
    if (text == null) {
      throw new InvalidEnvelope(attribute + " is absent");
    }
    return text;
  }

  /** A text or a number; anything else is a mistake in the route. */
  private static @Nullable String text(Exchange exchange, String attribute) {
    Object value = exchange.getVariable(attribute);
    if (value == null) {
      return null;
    }
    if (value instanceof JsonNode node && node.isValueNode()) {
      return node.isNull() ? null : node.asText();
    }
    if (value instanceof CharSequence || value instanceof Number) {
      return value.toString();
    }
    throw new InvalidEnvelope(attribute + " is neither text nor a number");
  }

  private static long number(Exchange exchange, String attribute, long absent, long most) {
    String text = text(exchange, attribute);
    if (text == null) {
      return absent;
    }
    if (!WHOLE.matcher(text).matches() || Long.parseLong(text) > most) {
      throw new InvalidEnvelope(attribute + " is not a whole number");
    }
    return Long.parseLong(text);
  }

  private static @Nullable Instant time(@Nullable Object value) {
    if (value == null || (value instanceof JsonNode node && node.isNull())) {
      return null;
    }
    if (value instanceof Instant instant) {
      return instant;
    }
    if (value instanceof Date date) {
      return date.toInstant();
    }
    String text = value instanceof JsonNode node ? node.asText() : value.toString();
    if (WHOLE.matcher(text).matches()) {
      long number = Long.parseLong(text);
      return number < FIRST_MILLIS ? Instant.ofEpochSecond(number) : Instant.ofEpochMilli(number);
    }
    try {
      return Envelope.time(text);
    } catch (InvalidEnvelope e) {
      throw new InvalidEnvelope(
          "time is neither RFC 3339 nor whole seconds or milliseconds since 1970");
    }
  }
}
