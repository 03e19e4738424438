package ingest.guards;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What git tracks has nothing in it that belongs to one machine, or that was to be done later. */
final class LeftoversTest {
  /** Spelled in parts, so that this file does not hold what it looks for. */
  private static final Pattern UNFINISHED =
      Pattern.compile(
          String.join(
              "|",
              "\\bTO" + "DO\\b",
              "\\bFIX" + "ME\\b",
              "\\bX" + "XX\\b",
              "@Dis" + "abled\\b",
              "assume" + "True\\(\\s*false",
              "assert" + "True\\(\\s*true"));

  private static final Pattern CODE = Pattern.compile(".*\\.(java|ya?ml|sql|sh|xml|properties)");

  private static final Set<String> EVERYWHERE =
      Set.of(
          "/app",
          "/build",
          "/data",
          "/home",
          "/mnt",
          "/opt",
          "/root",
          "/src",
          "/srv",
          "/tmp",
          "/usr",
          "/var",
          "/workspace");

  /** An address that one machine or one company downloads packages from. */
  private static final Pattern REGISTRY =
      Pattern.compile(
          "\"resolved\": *\"https?:|^ *(?:\\S+:)?registry *=|https?://[^/\\s\"']*(?:nexus|artifactory|registry|repo1?\\.maven|pypi)[^/\\s\"']*");

  @Test
  void nothing_was_left_to_be_done() throws IOException, InterruptedException {
    told(
        (path, line) -> CODE.matcher(path).matches() && UNFINISHED.matcher(line).find(),
        "finish it, or say in the issue what is open");
  }

  @Test
  void no_path_of_this_machine_stands_in_the_tree() throws IOException, InterruptedException {
    String telltale = telltale(Path.of("").toAbsolutePath());
    told((path, line) -> line.contains(telltale), "name it from the repository's root");
  }

  @ParameterizedTest
  @CsvSource({
    "/home/ann/ingest, /home/ann/",
    "/acme/ingest, /acme/",
    "/tmp/ingest, /tmp/ingest/",
    "/ingest, /ingest/"
  })
  void a_folder_that_every_machine_has_tells_of_none(String checkout, String telltale) {
    assertEquals(telltale, telltale(Path.of(checkout)));
  }

  @Test
  void no_registry_stands_in_the_tree() throws IOException, InterruptedException {
    told((path, line) -> REGISTRY.matcher(line).find(), "name the package alone");
  }

  @ParameterizedTest
  @CsvSource({
    "// TO, DO: later, true",
    "-- FIX, ME, true",
    "# X, XX, true",
    "@Dis, abled, true",
    "'  @Dis', 'abled(\"flaky\")', true",
    "assume, True(false), true",
    "assert, 'True( true)', true",
    "TO, DOS and DON'TS, false",
    "assert, True(isTrue), false"
  })
  void what_was_left_is_seen(String begin, String end, boolean seen) {
    assertEquals(seen, UNFINISHED.matcher(begin + end).find());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"resolved\"|: \"https://acme.example/a.tgz\"|true",
        "regis|try=https://acme.example/npm/|true",
        "@acme:regis|try = https://acme.example/|true",
        "<url>https://nex|us.acme.example/maven2</url>|true",
        "https://repo.mav|en.apache.org/maven2|true",
        "MeterRegistry regis|try = new SimpleMeterRegistry();|false",
        "http://maven.apache.org/PO|M/4.0.0|false"
      })
  void a_registry_is_seen(String begin, String end, boolean seen) {
    assertEquals(seen, REGISTRY.matcher(begin + end).find());
  }

  /** The folder of the checkout, or the checkout where that folder is on every machine. */
  private static String telltale(Path checkout) {
    Path parent = checkout.getParent();
    boolean everywhere =
        parent == null
            || parent.getNameCount() == 0
            || (parent.getNameCount() == 1 && EVERYWHERE.contains(parent.toString()));
    return (everywhere ? checkout : parent) + "/";
  }

  private static void told(BiPredicate<String, String> wrong, String what)
      throws IOException, InterruptedException {
    List<String> told = new ArrayList<>();
    for (String path : tracked()) {
      Path file = Path.of(path);
      if (!Files.isRegularFile(file)) {
        continue; // deleted and not yet committed, or a link
      }
      byte[] bytes = Files.readAllBytes(file);
      String text = new String(bytes, StandardCharsets.UTF_8);
      if (text.indexOf('\0') >= 0) {
        continue; // no text
      }
      List<String> lines = text.lines().toList();
      for (int i = 0; i < lines.size(); i++) {
        if (wrong.test(path, lines.get(i))) {
          told.add("%s:%d: %s; %s".formatted(path, i + 1, lines.get(i).strip(), what));
        }
      }
    }
    assertEquals("", String.join("\n", told));
  }

  private static List<String> tracked() throws IOException, InterruptedException {
    assumeTrue(Files.exists(Path.of(".git")), "what git tracks is known in a clone only");
    Process git = new ProcessBuilder("git", "ls-files", "-z").redirectErrorStream(true).start();
    String answer = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, git.waitFor(), answer);
    List<String> paths = List.of(answer.split("\0", -1));
    assertTrue(paths.contains("pom.xml"), "git tracks no pom.xml here");
    assertFalse(paths.size() < 10, "git tracks next to nothing");
    return paths;
  }
}
