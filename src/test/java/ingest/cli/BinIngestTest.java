package ingest.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs the script in a repository of its own, with programs in the path that tell what they do. */
class BinIngestTest {
  private record Ended(int code, String out, String err) {}

  private static final String JAVA =
      """
      #!/bin/sh
      case "$*" in
        *-XshowSettings*) echo "    java.home = $(dirname "$(dirname "$0")")" >&2 ;;
        -version) echo "openjdk version \\"${JAVA_FAKE:-17.0.9}\\" 2023-10-17" >&2 ;;
        *) echo "java $*"; echo "pid $$" ;;
      esac
      """;

  /** Builds slowly enough that a second one would begin beside it. */
  private static final String MVN =
      """
      #!/bin/sh
      echo "mvn $*" >> mvn.log
      [ -z "$MVN_FAKE" ] || { echo "broken"; exit 1; }
      mkdir -p target/lib embedded/engine/node_modules/@chdb/lib-linux-x64-gnu
      [ -z "$EDIT_FAKE" ] || echo "// later" > processors/Edited.java
      i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done
      touch target/ingest.jar
      """;

  /** What the script may take for granted; flock is welcome. */
  private static final List<String> TOOLS =
      List.of(
          "dirname", "readlink", "sed", "head", "find", "mktemp", "touch", "rm", "mkdir", "flock");

  @TempDir private Path folder = Path.of("");
  private Path root = Path.of("");
  private Path programs = Path.of("");

  @BeforeEach
  void layOut() throws IOException {
    root = Files.createDirectories(folder.resolve("the repository"));
    programs = Files.createDirectories(folder.resolve("jdk/bin"));
    Files.createDirectories(root.resolve("bin"));
    Files.copy(Path.of("bin/ingest"), root.resolve("bin/ingest"));
    for (String source : List.of("processors", "projectors", "embedded/engine")) {
      Files.createDirectories(root.resolve(source));
    }
    Files.writeString(root.resolve("pom.xml"), "");
    Files.writeString(root.resolve("embedded/engine/package.json"), "{}");
    program("java", JAVA);
    program("javac", "#!/bin/sh\n");
    program("mvn", MVN);
    program("npm", "#!/bin/sh\n");
    for (String tool : TOOLS) {
      for (String place : List.of("/bin/", "/usr/bin/")) {
        if (Files.exists(Path.of(place + tool))) {
          program(tool, "#!/bin/sh\nexec %s%s \"$@\"\n".formatted(place, tool));
        }
      }
    }
  }

  private void program(String name, String script) throws IOException {
    Path file = Files.writeString(programs.resolve(name), script);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Process start(Path from, String script, Map<String, String> variables, String... args)
      throws IOException {
    List<String> command = new ArrayList<>(List.of("/bin/bash", script));
    command.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(command).directory(from.toFile());
    builder.environment().clear();
    builder.environment().put("PATH", programs.toString());
    builder.environment().putAll(variables);
    return builder.start();
  }

  private static Ended end(Process process) throws Exception {
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ended(process.waitFor(), out, err);
  }

  private Ended call(Map<String, String> variables, String... args) throws Exception {
    return end(start(root, "bin/ingest", variables, args));
  }

  private Ended call(String... args) throws Exception {
    return call(Map.of(), args);
  }

  private List<String> builds() throws IOException {
    Path log = root.resolve("mvn.log");
    return Files.exists(log) ? Files.readAllLines(log) : List.of();
  }

  private void date(String file, Instant at) throws IOException {
    Files.setLastModifiedTime(root.resolve(file), FileTime.from(at));
  }

  @Test
  void what_is_not_built_is_built_once() throws Exception {
    Ended first = call("status", "--json");
    assertEquals(0, first.code(), first.err());
    assertEquals("bin/ingest: building\n", first.err());
    assertTrue(
        first.out().contains("-cp target/ingest.jar:target/lib/* ingest.Main status --json\n"),
        first.out());
    assertEquals("", call("status").err());
    assertEquals(
        List.of("mvn -q -B -Dstyle.color=never -DskipTests -Dexec.skip=true package"), builds());
  }

  @Test
  void run_fetches_the_engine() throws Exception {
    assertTrue(call("run").err().contains("ClickHouse engine"), "says so");
    call("run");
    assertEquals(
        List.of("mvn -q -B -Dstyle.color=never -DskipTests -Dexec.skip=false package"), builds());
  }

  @Test
  void run_fetches_the_engine_for_a_jar_that_was_built_without_it() throws Exception {
    Files.createDirectories(root.resolve("target/lib"));
    Files.writeString(root.resolve("target/ingest.jar"), "");
    call("status");
    call("run", "--without-clickhouse");
    call(Map.of("CLICKHOUSE_URL", "http://ch:8123"), "run");
    assertEquals(List.of(), builds());
    call("run");
    assertEquals(1, builds().size());
  }

  @ParameterizedTest
  @ValueSource(strings = {"pom.xml", "processors/New.java", "projectors", "embedded/Part.java"})
  void what_is_newer_than_the_jar_is_built(String source) throws Exception {
    call("status");
    if (!Files.exists(root.resolve(source))) {
      Files.writeString(root.resolve(source), "");
    }
    date(source, Instant.now().plusSeconds(60));
    call("status");
    assertEquals(2, builds().size());
  }

  @Test
  void check_builds_only_where_nothing_is_built() throws Exception {
    assertEquals("bin/ingest: building\n", call("check").err());
    assertEquals("", call("check").err());
    date("processors", Instant.now().plusSeconds(60));
    Ended later = call("check", "--json");
    assertEquals(
        "bin/ingest: the sources are newer than the build; this check is of the last build\n",
        later.err());
    assertTrue(later.out().contains("ingest.Main check --json\n"), later.out());
    assertEquals(1, builds().size());
  }

  @Test
  void what_is_edited_during_a_build_is_built_next() throws Exception {
    call(Map.of("EDIT_FAKE", "once"), "status");
    call("status");
    call("status");
    assertEquals(2, builds().size());
  }

  @Test
  void an_installed_engine_is_no_source() throws Exception {
    call("run");
    date("embedded/engine/node_modules", Instant.now().plusSeconds(60));
    date("embedded/engine", Instant.now().plusSeconds(60));
    call("run");
    assertEquals(1, builds().size());
  }

  @Test
  void two_at_once_build_once() throws Exception {
    Process one = start(root, "bin/ingest", Map.of(), "status");
    Process two = start(root, "bin/ingest", Map.of(), "status");
    assertEquals(0, end(one).code());
    assertEquals(0, end(two).code());
    assertEquals(1, builds().size());
  }

  @Test
  void the_shell_becomes_java() throws Exception {
    call("status");
    Process process = start(root, "bin/ingest", Map.of(), "run", "--without-clickhouse");
    Ended ended = end(process);
    assertTrue(ended.out().contains("pid " + process.pid() + "\n"), ended.out());
    assertTrue(ended.out().contains("-XX:+ExitOnOutOfMemoryError"), ended.out());
  }

  @Test
  void it_works_through_a_symlink_from_anywhere() throws Exception {
    Path away = Files.createDirectories(folder.resolve("away"));
    Files.createSymbolicLink(away.resolve("direct"), root.resolve("bin/ingest"));
    Files.createSymbolicLink(away.resolve("ingest"), Path.of("direct"));
    Ended ended = end(start(away, "./ingest", Map.of("JAVA_OPTS", "-Xmx1g -Da=b"), "emit", "a b"));
    assertEquals(0, ended.code(), ended.err());
    assertTrue(ended.out().contains("-Dingest.called-from=" + away + " "), ended.out());
    assertTrue(ended.out().contains(" -Xmx1g -Da=b "), ended.out());
    assertTrue(ended.out().contains("ingest.Main emit a b\n"), ended.out());
  }

  @Test
  void the_image_has_nothing_to_build() throws Exception {
    Files.delete(root.resolve("pom.xml"));
    Files.createDirectories(root.resolve("lib"));
    Files.writeString(root.resolve("lib/ingest.jar"), "");
    Ended ended = call("run");
    assertEquals(0, ended.code(), ended.err());
    assertTrue(ended.out().contains("-cp lib/ingest.jar:lib/* ingest.Main run\n"), ended.out());
    assertEquals(List.of(), builds());
  }

  @Test
  void doctor_makes_do_with_the_last_build() throws Exception {
    call("status");
    date("pom.xml", Instant.now().plusSeconds(60));
    Ended broken = call(Map.of("MVN_FAKE", "broken"), "doctor");
    assertEquals(0, broken.code(), broken.err());
    assertTrue(broken.err().contains("this doctor is of the last build"), broken.err());
    assertEquals(2, builds().size());
    assertEquals(1, call(Map.of("MVN_FAKE", "broken"), "status").code());
    for (String missing : List.of("javac", "mvn")) {
      Files.delete(programs.resolve(missing));
      Ended ended = call("doctor");
      assertEquals(0, ended.code(), ended.err());
      assertTrue(ended.out().contains("ingest.Main doctor\n"), ended.out());
    }
  }

  @Test
  void a_failed_build_ends_it() throws Exception {
    Ended ended = call(Map.of("MVN_FAKE", "broken"), "status");
    assertEquals(1, ended.code());
    assertTrue(ended.err().contains("broken\nbin/ingest: the build failed"), ended.err());
    assertFalse(ended.out().contains("ingest.Main"), ended.out());
  }

  @Test
  void an_old_java_is_told_which_to_install() throws Exception {
    for (String old : List.of("1.8.0_392", "11.0.2")) {
      Ended ended = call(Map.of("JAVA_FAKE", old), "status");
      assertEquals(1, ended.code());
      assertTrue(ended.err().contains("too old: install JDK 17"), ended.err());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"java", "javac", "mvn", "npm"})
  void a_missing_program_is_named(String program) throws Exception {
    Files.delete(programs.resolve(program));
    Ended ended = call("run");
    assertEquals(1, ended.code());
    String name =
        Map.of("mvn", "Maven", "java", "JDK 17", "javac", "JDK 17").getOrDefault(program, program);
    assertTrue(ended.err().startsWith("bin/ingest: ") && ended.err().contains(name), ended.err());
    assertEquals(List.of(), builds());
  }

  @Test
  void doctor_can_be_built_without_npm() throws Exception {
    Files.delete(programs.resolve("npm"));
    Ended ended = call("doctor");
    assertEquals(0, ended.code(), ended.err());
  }
}
