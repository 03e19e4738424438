package ingest.run;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A process in which something goes wrong that nobody provided for, by a route that does it. */
class CrashTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String STATE = "its state at the end: ";

  private static final String ROUTE =
      """
      # Brings its process down.
      - route:
          id: deadly
          description: Brings its process down
          routeConfigurationId: end-run
          from:
            uri: timer:deadly
            parameters:
              delay: 1000
              repeatCount: 1
            steps:
              - bean:
                  beanType: ingest.run.Deadly
                  method: %s
      """;

  private static final String SEND = "        - process:\n";

  /** A copy of what the product reads, whose routes are the test's. */
  @TempDir private static Path work = Path.of("");

  @TempDir private static Path data = Path.of("");
  private static Map<String, String> settings = Map.of();

  @BeforeAll
  static void copy() throws IOException {
    settings = IngestProcess.settings(data);
    Path here = Path.of("").toAbsolutePath();
    for (String part : List.of("application.properties", "migrations", "clickhouse", "embedded")) {
      Files.createSymbolicLink(work.resolve(part), here.resolve(part));
    }
    try (Stream<Path> routes = Files.walk(here.resolve("routes"))) {
      for (Path from : routes.toList()) {
        Files.copy(from, work.resolve(here.relativize(from)));
      }
    }
  }

  /**
   * The last crash left its PostgreSQL running, as a kill does; the next run adopts and stops it.
   */
  @AfterAll
  static void stop() throws Exception {
    IngestProcess next = IngestProcess.run(settings, "--without-clickhouse");
    next.signal("TERM");
    next.drained();
  }

  @ParameterizedTest(name = "{1} by {0}")
  @CsvSource({
    "fail, java.lang.AssertionError, deadly",
    "thread, java.lang.IllegalStateException, ''",
    "overflow, java.lang.StackOverflowError, deadly"
  })
  void it_tells_its_state_and_is_gone_with_70(String method, String error, String of)
      throws Exception {
    Path route = work.resolve("routes/deadly.camel.yaml");
    Files.writeString(route, ROUTE.formatted(method));
    JsonNode dump = crash();
    Files.delete(route);
    assertTrue(types(dump).contains(error), () -> types(dump).toString());
    assertEquals(of, dump.path("route").asText(""));
    assertEquals("[\"env\",\"ingest\",\"webhooks\"]", dump.path("roles").toString());
    assertTrue(
        dump.path("routes").findValuesAsText("id").contains("outbox-commit"), dump::toString);
    assertTrue(
        dump.path("threads").findValuesAsText("name").stream()
            .anyMatch(n -> n.equals("lane-stage-1")),
        dump::toString);
  }

  @Test
  void an_error_on_the_way_to_a_target_tells_the_batch_under_lease() throws Exception {
    Path route = work.resolve("routes/deliver/deliver-http.camel.yaml");
    String sound = Files.readString(route);
    Files.writeString(
        route,
        sound.replaceFirst(
            SEND,
            """
                    - bean:
                        beanType: ingest.run.Deadly
                        method: overflow
            """
                + SEND));
    JsonNode dump = crash();
    Files.writeString(route, sound);
    JsonNode batch = dump.path("lanes").findValue("batches").path(0);
    assertTrue(batch.path("events").asInt() > 0, () -> dump.path("lanes").toString());
    assertTrue(batch.path("chunks").path(0).path("chunk").isNumber(), batch::toString);
    assertEquals(1, batch.path("chunks").path(0).path("claims").asInt());
    assertEquals("deliver-http", dump.path("route").asText());
  }

  private static List<String> types(JsonNode dump) {
    return dump.path("error").findValuesAsText("type");
  }

  /** Runs it in the copy until it has come to its end; what it left. */
  private static JsonNode crash() throws IOException, InterruptedException {
    Path output = Files.createTempFile(data, "run", ".out");
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home", ""), "bin", "java").toString(),
            "-Xmx400m",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            absolute(System.getProperty("java.class.path", "")),
            "ingest.Main",
            "run",
            "--without-clickhouse");
    builder.environment().putAll(settings);
    Process process =
        builder
            .directory(work.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertTrue(process.waitFor(120, TimeUnit.SECONDS), () -> said(output));
    } finally {
      process.destroyForcibly();
    }
    assertEquals(70, process.exitValue(), () -> said(output));
    Path file =
        Path.of(
            said(output)
                .lines()
                .filter(line -> line.contains(STATE))
                .map(line -> line.substring(line.indexOf(STATE) + STATE.length()).strip())
                .findFirst()
                .orElseThrow());
    assertTrue(file.toRealPath().startsWith(data.toRealPath().resolve("dumps")), file::toString);
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
    String text = Files.readString(file);
    assertFalse(text.contains(Deadly.QUOTED), "the message of an exception may quote a payload");
    assertFalse(text.contains(Files.readString(data.resolve("delivery-secret")).strip()));
    return JSON.readTree(text);
  }

  private static String absolute(String classPath) {
    return Stream.of(classPath.split(java.io.File.pathSeparator))
        .map(entry -> Path.of(entry).toAbsolutePath().toString())
        .collect(java.util.stream.Collectors.joining(java.io.File.pathSeparator));
  }

  private static String said(Path output) {
    try {
      return Files.readString(output, UTF_8);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
