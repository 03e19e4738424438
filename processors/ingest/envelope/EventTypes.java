package ingest.envelope;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.networknt.schema.JsonMetaSchema;
import com.networknt.schema.JsonNodePath;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaException;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.NonValidationKeyword;
import com.networknt.schema.SchemaId;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import com.networknt.schema.resource.DisallowSchemaLoader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The types of event there are: each is a JSON Schema beside the route that emits it.
 *
 * <p>A file {@code <type>.schema.json} anywhere below {@code routes} is JSON Schema 2020-12 for the
 * {@code data} of that type. Its {@code $id} is {@code <type>/<version>}, which is also the
 * envelope's {@code dataschema}. Keywords of our own stand at its top: {@code source}, {@code pii},
 * where no environment projects the type {@code "environment": "record"}, or {@code "never"} where
 * none gets it, and where its subject is a channel {@code "observes": "channel"}, or {@code
 * "concerns": "channel"} where its data says nothing of the channel that is worth a write for each
 * event. Other schemas are never fetched, and a keyword that is not known is an error, since a
 * misspelt rule would check nothing.
 *
 * <p>Safe for use by several threads; everything is compiled once, in {@link #load}.
 */
public final class EventTypes {
  private static final String SUFFIX = ".schema.json";
  private static final Pattern ID =
      Pattern.compile("(?<type>" + Envelope.TYPE + ")/(?<version>[1-9][0-9]{0,3})");

  /** Where a {@code $id} such as ours is relative to: the validator takes absolute ones only. */
  private static final SchemaLocation BASE = SchemaLocation.of("ingest:/");

  /** A name that may be told: other names in a payload may be content, as a map's keys are. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z_$][A-Za-z0-9_-]{0,63}");

  /** Violations that are told of one event. */
  private static final int MOST_TOLD = 5;

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private static final SchemaValidatorsConfig CONFIG =
      SchemaValidatorsConfig.builder().formatAssertionsEnabled(true).locale(Locale.ROOT).build();

  /** What {@link #load} made of one file. */
  private record Registered(Path file, EventType type, JsonSchema schema) {}

  /** Replaced as a whole: who looks sees the types of before or those of after. */
  private volatile Map<String, Registered> types;

  private EventTypes(Map<String, Registered> types) {
    this.types = types;
  }

  /**
   * Reads every schema below {@code routes}.
   *
   * @throws InvalidSchema when one cannot be used; names all of them
   */
  public static EventTypes load(Path routes) {
    JsonSchema metaSchema =
        JsonSchemaFactory.getInstance(VersionFlag.V202012)
            .getSchema(SchemaLocation.of(SchemaId.V202012), CONFIG);
    JsonSchemaFactory factory = factory();
    Map<String, Registered> types = new TreeMap<>();
    List<String> problems = new ArrayList<>();
    for (Path file : files(routes)) {
      try {
        Registered read = read(file, metaSchema, factory);
        Registered other = types.putIfAbsent(read.type().type(), read);
        if (other != null) {
          throw new InvalidSchema("registers the type that " + other.file() + " registers");
        }
      } catch (InvalidSchema e) {
        problems.add(file + ": " + e.getMessage());
      }
    }
    if (!problems.isEmpty()) {
      throw new InvalidSchema(String.join("\n", problems));
    }
    return new EventTypes(types);
  }

  /**
   * Registers what {@code other} registers in place of what was registered here.
   *
   * @return what was
   */
  public EventTypes replace(EventTypes other) {
    EventTypes before = new EventTypes(types);
    types = other.types;
    return before;
  }

  public Optional<EventType> find(String type) {
    return Optional.ofNullable(types.get(type)).map(Registered::type);
  }

  /** Every type, by name. */
  public Collection<EventType> all() {
    return types.values().stream().map(Registered::type).toList();
  }

  /**
   * Holds an envelope against what its type registers.
   *
   * @throws InvalidEnvelope when its type is not registered, or its source, its schema or its data
   *     is not the type's; names the first few places in the data and never what stands there
   */
  public void check(Envelope envelope) {
    Registered registered = types.get(envelope.type());
    if (registered == null) {
      throw invalid(envelope, "the type is not registered, it has no schema beside a route");
    }
    EventType type = registered.type();
    if (!envelope.source().equals(type.source())) {
      throw invalid(envelope, "source is %s, not %s".formatted(envelope.source(), type.source()));
    }
    if (!envelope.dataschema().equals(type.dataschema())) {
      throw invalid(envelope, "dataschema is not " + type.dataschema());
    }
    Set<ValidationMessage> violations = registered.schema().validate(envelope.data());
    if (!violations.isEmpty()) {
      throw invalid(envelope, told(violations));
    }
  }

  private static InvalidEnvelope invalid(Envelope envelope, String what) {
    return new InvalidEnvelope(
        "event %s of type %s: %s".formatted(EventId.text(envelope.id()), envelope.type(), what));
  }

  private static Registered read(Path file, JsonSchema metaSchema, JsonSchemaFactory factory) {
    JsonNode schema = json(file);
    if (!schema.isObject()) {
      throw new InvalidSchema("is not a JSON object");
    }
    if (!SchemaId.V202012.equals(schema.path("$schema").textValue())) {
      throw new InvalidSchema("$schema is not " + SchemaId.V202012);
    }
    EventType type = type(file, schema);
    Set<ValidationMessage> violations = metaSchema.validate(schema);
    if (!violations.isEmpty()) {
      throw new InvalidSchema("is not a JSON Schema: " + told(violations));
    }
    try {
      JsonSchema compiled = factory.getSchema(BASE, schema, CONFIG);
      compiled.initializeValidators();
      return new Registered(file, type, compiled);
    } catch (JsonSchemaException e) {
      throw new InvalidSchema(String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
    }
  }

  private static JsonNode json(Path file) {
    try {
      return JSON.readTree(Files.readString(file));
    } catch (JsonProcessingException e) {
      JsonLocation at = e.getLocation();
      throw new InvalidSchema(
          "is not JSON, line %d: %s"
              .formatted(at == null ? 1 : at.getLineNr(), e.getOriginalMessage()));
    } catch (IOException e) {
      throw new InvalidSchema("cannot be read: " + e.getMessage());
    }
  }

  private static EventType type(Path file, JsonNode schema) {
    String name = String.valueOf(file.getFileName());
    String expected = name.substring(0, name.length() - SUFFIX.length());
    Matcher id = ID.matcher(schema.path("$id").asText());
    if (!id.matches() || !id.group("type").equals(expected)) {
      throw new InvalidSchema("$id is not " + expected + "/<version>");
    }
    String source = schema.path("source").asText();
    if (!Envelope.SOURCE.matcher(source).matches()) {
      throw new InvalidSchema("source is not the name of an upstream");
    }
    int version = Integer.parseInt(id.group("version"));
    return new EventType(
        source, expected, version, id.group(), pii(schema), environment(schema), channel(schema));
  }

  private static EventType.Environment environment(JsonNode schema) {
    JsonNode said = schema.path("environment");
    if (said.isMissingNode()) {
      return EventType.Environment.PROJECT;
    }
    return switch (said.asText()) {
      case "record" -> EventType.Environment.RECORD;
      case "never" -> EventType.Environment.NEVER;
      default -> throw new InvalidSchema("environment is not record or never");
    };
  }

  private static EventType.Channel channel(JsonNode schema) {
    boolean observes = says(schema, "observes", "channel");
    boolean concerns = says(schema, "concerns", "channel");
    if (observes && concerns) {
      throw new InvalidSchema("observes and concerns exclude each other");
    }
    return observes
        ? EventType.Channel.OBSERVES
        : concerns ? EventType.Channel.CONCERNS : EventType.Channel.NONE;
  }

  /** True where a keyword has the only value it can have. */
  private static boolean says(JsonNode schema, String keyword, String value) {
    JsonNode said = schema.path(keyword);
    if (!said.isMissingNode() && !value.equals(said.textValue())) {
      throw new InvalidSchema(keyword + " is not " + value);
    }
    return !said.isMissingNode();
  }

  private static EventType.Pii pii(JsonNode schema) {
    String pii = schema.path("pii").asText();
    for (EventType.Pii known : EventType.Pii.values()) {
      if (known.name().toLowerCase(Locale.ROOT).equals(pii)) {
        return known;
      }
    }
    throw new InvalidSchema("pii is not one of none, pseudonymous, personal, private");
  }

  private static String told(Set<ValidationMessage> violations) {
    String told =
        violations.stream()
            .limit(MOST_TOLD)
            .map(EventTypes::told)
            .collect(Collectors.joining("; "));
    int more = violations.size() - MOST_TOLD;
    return more > 0 ? told + "; and " + more + " more" : told;
  }

  /** Place and rule. The validator's own messages quote names that a payload may have chosen. */
  private static String told(ValidationMessage violation) {
    StringBuilder told = new StringBuilder("$");
    JsonNodePath place = violation.getInstanceLocation();
    for (int i = 0; i < place.getNameCount(); i++) {
      Object step = place.getElement(i);
      told.append(step instanceof Integer ? "[" + step + "]" : "." + name(String.valueOf(step)));
    }
    told.append(" breaks ").append(violation.getType());
    if (violation.getProperty() != null) {
      told.append(" (").append(name(violation.getProperty())).append(')');
    } else if (violation.getSchemaNode() != null && violation.getSchemaNode().isValueNode()) {
      told.append(' ').append(violation.getSchemaNode().asText());
    }
    return told.toString();
  }

  private static String name(String name) {
    return NAME.matcher(name).matches() ? name : "*";
  }

  private static List<Path> files(Path routes) {
    try (Stream<Path> files = Files.walk(routes)) {
      return files
          .filter(f -> f.toString().endsWith(SUFFIX))
          .filter(f -> !String.valueOf(f.getFileName()).startsWith(".")) // an editor's own
          .sorted()
          .toList();
    } catch (IOException | UncheckedIOException e) {
      throw new InvalidSchema(routes + ": cannot be read: " + e.getMessage());
    }
  }

  private static JsonSchemaFactory factory() {
    JsonMetaSchema dialect =
        JsonMetaSchema.builder(JsonMetaSchema.getV202012())
            .keyword(new NonValidationKeyword("source"))
            .keyword(new NonValidationKeyword("pii"))
            .keyword(new NonValidationKeyword("environment"))
            .keyword(new NonValidationKeyword("observes"))
            .keyword(new NonValidationKeyword("concerns"))
            .unknownKeywordFactory(
                (keyword, context) -> {
                  throw new InvalidSchema("keyword " + keyword + " is not known");
                })
            .build();
    return JsonSchemaFactory.getInstance(
        VersionFlag.V202012,
        builder ->
            builder
                .metaSchema(dialect)
                .schemaLoaders(loaders -> loaders.add(DisallowSchemaLoader.getInstance())));
  }
}
