package ingest.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The product's own files under the command, laid out as in the image. */
class CheckCommandTest {
  private static final String POLL = "routes/kick/kick-viewers.camel.yaml";

  private record Ended(int code, String out, String err) {}

  @TempDir private Path root = Path.of("");

  @BeforeEach
  void layOut() throws IOException {
    for (String folder : List.of("routes", "bin")) {
      try (Stream<Path> files = Files.walk(Path.of(folder))) {
        files.filter(Files::isRegularFile).forEach(this::copy);
      }
    }
    copy(Path.of("application.properties"));
  }

  private void copy(Path file) {
    try {
      Path to = root.resolve(file);
      Files.createDirectories(to.resolveSibling("."));
      Files.copy(file, to);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void plant(String file, String sound, String broken) throws IOException {
    Path path = root.resolve(file);
    String text = Files.readString(path);
    assertTrue(text.contains(sound), file + " has no " + sound);
    Files.writeString(path, text.replace(sound, broken));
  }

  /** Stands for the jar of a build: it names the class path that the tests run on. */
  private void build() throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest
        .getMainAttributes()
        .put(
            Attributes.Name.CLASS_PATH,
            Arrays.stream(System.getProperty("java.class.path", "").split(File.pathSeparator, -1))
                .map(entry -> Path.of(entry).toUri().toString())
                .collect(Collectors.joining(" ")));
    Path jar = Files.createDirectories(root.resolve("lib")).resolve("ingest.jar");
    try (OutputStream out = Files.newOutputStream(jar)) {
      new JarOutputStream(out, manifest).close();
    }
  }

  private Ended bin(Path from, String... args) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
                Stream.concat(
                        Stream.of("/bin/bash", root.resolve("bin/ingest").toString()),
                        Stream.of(args))
                    .toList())
            .directory(from.toFile());
    builder.environment().keySet().retainAll(List.of("PATH"));
    builder.environment().put("JAVA_HOME", System.getProperty("java.home", ""));
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ended(process.waitFor(), out, err);
  }

  private Caller.Result calls(String... args) {
    return new Caller(root).calls(args);
  }

  @Test
  void the_command_finds_nothing_wrong_with_the_product_and_starts_nothing() throws Exception {
    build();
    Ended sound = bin(root, "check");
    assertEquals("", sound.err());
    assertTrue(sound.out().matches("[0-9]+ files, 0 findings\n"), sound.out());
    assertEquals(0, sound.code());
    assertFalse(Files.exists(root.resolve("data")), "a store was started");
  }

  @Test
  void the_command_tells_the_line_and_takes_names_of_files_from_where_it_is_called()
      throws Exception {
    build();
    plant(POLL, "cron:", "cronn:");
    Ended one = bin(root.resolve("routes/kick"), "check", "kick-viewers.camel.yaml");
    assertEquals(
        POLL + ":10: quartz has no option 'cronn'; did you mean cron?\n1 file, 1 finding\n",
        one.out());
    assertEquals(1, one.code());
    assertEquals("", one.err());
  }

  @Test
  void a_folder_limits_what_is_told() throws IOException {
    plant(POLL, "cron:", "cronn:");
    assertEquals(0, calls("check", "routes/admin", "application.properties").code());
    assertEquals(1, calls("check", "routes/admin", "routes/kick").code());
  }

  @Test
  void a_file_that_is_not_looked_at_is_not_understood() {
    Caller.Result strange = calls("check", "bin/ingest");
    assertEquals(2, strange.code());
    assertTrue(strange.err().contains("bin/ingest: check looks at routes/"), strange.err());
  }

  @Test
  void json_has_file_line_rule_and_message_apart() throws IOException {
    plant(POLL, "cron:", "cronn:");
    Caller.Result told = calls("check", "--json");
    JsonNode answer = new ObjectMapper().readTree(told.out());
    assertEquals(1, told.code());
    assertFalse(answer.path("ok").asBoolean());
    assertEquals(1, answer.path("findings").size(), told.out());
    JsonNode finding = answer.path("findings").path(0);
    assertEquals(POLL, finding.path("file").asText());
    assertEquals(10, finding.path("line").asInt());
    assertEquals("an-endpoints-component-knows-its-options", finding.path("rule").asText());
    assertEquals(
        "quartz has no option 'cronn'; did you mean cron?", finding.path("message").asText());
  }

  @Test
  void properties_that_cannot_be_read_are_one_line() throws IOException {
    Files.writeString(root.resolve("application.properties"), "a = \\u00zz\n");
    Caller.Result told = calls("check");
    assertEquals(1, told.code());
    assertTrue(told.err().contains("application.properties"), told.err());
    assertEquals(1, told.err().lines().count(), told.err());
  }
}
