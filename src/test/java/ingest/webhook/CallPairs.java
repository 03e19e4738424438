package ingest.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventTypes;
import ingest.mapping.Arrival;
import ingest.mapping.Mapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.camel.support.scan.DefaultPackageScanClassResolver;

/**
 * Recorded calls and what becomes of them. A case is {@code calls/<sender>/<case>.body.json}, the
 * bytes of the body, and {@code <case>.events.json}. Its headers are those of {@code headers.json}
 * in the folder, changed as {@code <case>.headers.json} says: null leaves one out. Each arrived at
 * {@link #ARRIVED}, or when {@code arrived.txt} in the folder says.
 */
public final class CallPairs {
  public static final Path CALLS = Path.of("src/test/resources/calls");
  public static final Instant ARRIVED = Instant.parse("2026-09-24T03:15:02.123456Z");
  public static final String TRACEPARENT =
      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  static final String BODY = ".body.json";
  static final String HEADERS = ".headers.json";
  static final String EVENTS = ".events.json";
  static final String ARRIVAL = "arrived.txt";

  private static final ObjectMapper JSON = new ObjectMapper();

  private CallPairs() {}

  /** Everything of a kind that the product finds. */
  public static <T> List<T> found(Class<T> kind) {
    return found(kind, "ingest");
  }

  /** The same below one package. */
  public static <T> List<T> found(Class<T> kind, String below) {
    return new DefaultPackageScanClassResolver()
        .findImplementations(kind, below).stream()
            .filter(c -> !c.isInterface())
            .map(c -> kind.cast(instance(c)))
            .toList();
  }

  private static Object instance(Class<?> type) {
    try {
      return type.getConstructor().newInstance();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The mapping of the product: every mapper, every type. */
  public static CallMapping mapping() {
    return new CallMapping(found(Mapper.class), EventTypes.load(Path.of("routes")));
  }

  /** Names of a sender's cases. */
  public static List<String> cases(Sender sender) throws IOException {
    List<String> cases = new ArrayList<>();
    for (String file : files(sender)) {
      if (file.endsWith(BODY)) {
        cases.add(file.substring(0, file.length() - BODY.length()));
      }
    }
    return cases;
  }

  static List<String> files(Sender sender) throws IOException {
    try (Stream<Path> files = Files.list(CALLS.resolve(sender.source()))) {
      return files.map(f -> String.valueOf(f.getFileName())).sorted().toList();
    }
  }

  public static byte[] body(Sender sender, String name) throws IOException {
    return Files.readAllBytes(CALLS.resolve(sender.source()).resolve(name + BODY));
  }

  /** By name in lower case. */
  public static Map<String, String> headers(Sender sender, String name) throws IOException {
    Map<String, String> headers = new TreeMap<>();
    for (String file : List.of("headers.json", name + HEADERS)) {
      Path path = CALLS.resolve(sender.source()).resolve(file);
      if (Files.exists(path)) {
        for (Map.Entry<String, JsonNode> header : JSON.readTree(path.toFile()).properties()) {
          String key = header.getKey().toLowerCase(Locale.ROOT);
          if (header.getValue().isNull()) {
            headers.remove(key);
          } else {
            headers.put(key, header.getValue().asText());
          }
        }
      }
    }
    return headers;
  }

  private static Instant arrived(Sender sender) {
    Path file = CALLS.resolve(sender.source()).resolve(ARRIVAL);
    try {
      return Files.exists(file) ? Instant.parse(Files.readString(file).strip()) : ARRIVED;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** As it is after its verification. */
  public static Call call(Sender sender, Map<String, String> headers, byte[] body) {
    return new Call(
        sender,
        headers,
        body,
        new Arrival(arrived(sender), null, sender.message(headers, body), TRACEPARENT));
  }

  /** As the file of the case's events has it. */
  static ObjectNode written(Mapped mapped) throws IOException {
    ObjectNode written = JSON.createObjectNode();
    written.put("kind", mapped.kind().name().toLowerCase(Locale.ROOT));
    written.put("said", mapped.said());
    ArrayNode events = written.putArray("events");
    for (Envelope envelope : mapped.envelopes()) {
      events.add(JSON.readTree(envelope.toJson()));
    }
    return written;
  }
}
