package ingest.trial;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.deser.std.FromStringDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.PathType;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import ingest.envelope.Envelope;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One test of a {@code *.test.yaml} beside a route; {@code route-test.schema.json} says what may
 * stand in it.
 */
public final class RouteTest {
  private static final String SUFFIX = ".test.yaml";
  private static final JsonSchema SCHEMA = schema();

  /** Values of exchange properties; an instant is written as in every envelope, a span as PT1H. */
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .registerModule(
              new SimpleModule()
                  .addDeserializer(Instant.class, new InstantDeserializer())
                  .addDeserializer(Duration.class, new DurationDeserializer()));

  private final Path file;
  private final TestYaml yaml;
  private final String pointer;

  private RouteTest(Path file, TestYaml yaml, String pointer) {
    this.file = file;
    this.yaml = yaml;
    this.pointer = pointer;
  }

  /** Every test file below a folder. */
  public static List<Path> files(Path folder) {
    try (Stream<Path> walk = Files.walk(folder)) {
      return walk.filter(p -> p.toString().endsWith(SUFFIX)).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The tests of a file.
   *
   * @throws RouteTestException when it cannot be read, or says what no test may say
   */
  public static List<RouteTest> of(Path file) {
    String text;
    try {
      text = Files.readString(file);
    } catch (IOException e) {
      throw new RouteTestException(file + ":1: cannot be read: " + e);
    }
    TestYaml yaml = TestYaml.parse(file.toString(), text);
    List<String> wrong = new ArrayList<>();
    for (ValidationMessage violation : SCHEMA.validate(yaml.root())) {
      String at = violation.getInstanceLocation().toString();
      if (violation.getProperty() != null) {
        at += "/" + violation.getProperty().replace("~", "~0").replace("/", "~1");
      }
      wrong.add("%s:%d: %s".formatted(file, yaml.line(at), violation.getMessage()));
    }
    if (!wrong.isEmpty()) {
      throw new RouteTestException(String.join("\n", wrong));
    }
    List<RouteTest> tests = new ArrayList<>();
    for (int i = 0; i < yaml.root().path("tests").size(); i++) {
      tests.add(new RouteTest(file, yaml, "/tests/" + i));
    }
    return tests;
  }

  private JsonNode node() {
    return yaml.root().at(pointer);
  }

  public Path file() {
    return file;
  }

  public String route() {
    return yaml.root().path("route").asText();
  }

  public String name() {
    return node().path("name").asText();
  }

  /** Where the test begins. */
  public int line() {
    return yaml.line(pointer + "/name");
  }

  /** Settings in front of those of application.properties. */
  public Map<String, String> settings() {
    return texts(node().at("/given/settings"));
  }

  /** At the instant that the test gives, else that of the machine. */
  Clock clock() {
    JsonNode now = node().at("/given/now");
    return now.isMissingNode()
        ? Clock.systemUTC()
        : Clock.fixed(Envelope.time(now.asText()), ZoneOffset.UTC);
  }

  JsonNode expected() {
    return node().path("expect");
  }

  /** The file and the line of something that is expected, by its pointer below {@code expect}. */
  String place(String below) {
    return file + ":" + yaml.line(pointer + "/expect" + below);
  }

  String givenPlace(String below) {
    return file + ":" + yaml.line(pointer + "/given" + below);
  }

  /** What is to be tried. */
  Ask ask(Given given) {
    JsonNode stated = node().path("given");
    Map<String, Object> exchange = new LinkedHashMap<>();
    stated.path("exchange").properties().forEach(p -> exchange.put(p.getKey(), property(p)));
    return new Ask(
        route(), content(stated, "body"), texts(stated.path("headers")), exchange, given, false);
  }

  private Object property(Map.Entry<String, JsonNode> property) {
    JsonNode value = property.getValue();
    if (!value.isObject()) {
      return value.isIntegralNumber() ? (Object) value.longValue() : value.asText();
    }
    try {
      return JSON.treeToValue(value.path("value"), Class.forName(value.path("class").asText()));
    } catch (ClassNotFoundException | JsonProcessingException e) {
      throw new RouteTestException(
          "%s: %s: %s"
              .formatted(
                  givenPlace("/exchange/" + property.getKey()),
                  property.getKey(),
                  String.valueOf(e.getMessage()).lines().findFirst().orElse("")));
    }
  }

  /** The answers of each step, or of each URL that has the key in it. */
  Map<String, List<Answer>> answers() {
    Map<String, List<Answer>> answers = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> stated : node().at("/given/answers").properties()) {
      List<Answer> sequence = new ArrayList<>();
      JsonNode value = stated.getValue();
      for (JsonNode one : value.isArray() ? value : List.of(value)) {
        String body = content(one, "body");
        sequence.add(
            new Answer(
                one.path("status").asInt(200),
                texts(one.path("headers")),
                body == null ? "" : body));
      }
      answers.put(stated.getKey(), sequence);
    }
    return answers;
  }

  /** True where one answer is for every request of its step. */
  boolean repeats(String key) {
    return !node().at("/given/answers").path(key).isArray();
  }

  /** The rows of each SQL step. */
  Map<String, List<Map<String, Object>>> rows() {
    Map<String, List<Map<String, Object>>> rows = new LinkedHashMap<>();
    node().at("/given/rows").properties().forEach(p -> rows.put(p.getKey(), Rows.of(p.getValue())));
    return rows;
  }

  /**
   * Text as it stands, JSON where it is written as YAML, or what the file beside the test holds.
   */
  private @Nullable String content(JsonNode stated, String key) {
    if (stated.has("file")) {
      Path beside = file.resolveSibling(stated.path("file").asText());
      try {
        return Files.readString(beside);
      } catch (IOException e) {
        throw new RouteTestException("%s: %s cannot be read".formatted(givenPlace(""), beside));
      }
    }
    JsonNode value = stated.path(key);
    return value.isMissingNode() ? null : value.isTextual() ? value.textValue() : value.toString();
  }

  private static Map<String, String> texts(JsonNode object) {
    Map<String, String> texts = new LinkedHashMap<>();
    object.properties().forEach(p -> texts.put(p.getKey(), p.getValue().asText()));
    return texts;
  }

  private static JsonSchema schema() {
    SchemaValidatorsConfig config =
        SchemaValidatorsConfig.builder()
            .pathType(PathType.JSON_POINTER)
            .formatAssertionsEnabled(true)
            .locale(Locale.ROOT)
            .build();
    try (InputStream in =
        Objects.requireNonNull(RouteTest.class.getResourceAsStream("/route-test.schema.json"))) {
      return JsonSchemaFactory.getInstance(VersionFlag.V202012).getSchema(in, config);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final class InstantDeserializer extends FromStringDeserializer<Instant> {
    private static final long serialVersionUID = 1;

    InstantDeserializer() {
      super(Instant.class);
    }

    @Override
    protected Instant _deserialize(String value, DeserializationContext context) {
      return Instant.parse(value);
    }
  }

  private static final class DurationDeserializer extends FromStringDeserializer<Duration> {
    private static final long serialVersionUID = 1;

    DurationDeserializer() {
      super(Duration.class);
    }

    @Override
    protected Duration _deserialize(String value, DeserializationContext context) {
      return Duration.parse(value);
    }
  }
}
