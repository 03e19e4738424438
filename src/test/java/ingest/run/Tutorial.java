package ingest.run;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A page that its reader follows from its first command to its last, in a folder that holds what a
 * checkout or an image holds.
 *
 * @param root the folder
 * @param classPath of the product there
 * @param settings with ports of its own
 */
record Tutorial(Path page, Path root, String classPath, Map<String, String> settings) {
  private static final List<String> PRODUCT =
      List.of("application.properties", "routes", "migrations", "clickhouse", "docs/examples");

  /** Copies the product into {@code root}, where {@code classes} are added to its own. */
  static Tutorial of(Path page, Path root, Path classes) throws IOException {
    for (String part : PRODUCT) {
      copy(Path.of(part), root.resolve(part));
    }
    copy(Path.of("embedded/simulator"), root.resolve("embedded/simulator"));
    copy(Path.of("embedded/senders"), root.resolve("embedded/senders"));
    Files.createSymbolicLink(
        root.resolve("embedded/engine"), Path.of("embedded/engine").toAbsolutePath());
    Map<String, String> settings = IngestProcess.settings(root.resolve("data"));
    Tutorial tutorial =
        new Tutorial(page, root, classes + File.pathSeparator + productClasses(), settings);
    Path command = Files.createDirectories(root.resolve("bin")).resolve("ingest");
    Files.writeString(
        command,
        "#!/bin/sh\nexec '%s' -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp '%s' ingest.Main \"$@\"\n"
            .formatted(
                Path.of(System.getProperty("java.home", ""), "bin", "java"), tutorial.classPath));
    assertTrue(command.toFile().setExecutable(true));
    return tutorial;
  }

  /** The class path of this JVM, for another folder. */
  static String productClasses() {
    return Stream.of(System.getProperty("java.class.path", "").split(File.pathSeparator, -1))
        .map(entry -> Path.of(entry).toAbsolutePath().toString())
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path copied = to.resolve(from.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(copied);
        } else {
          Files.createDirectories(copied.resolveSibling("."));
          Files.copy(file, copied);
        }
      }
    }
  }

  /** The page's commands that put files where they belong; the others need a running product. */
  static boolean copies(DocumentedCommand command) {
    return command.text().matches("(mkdir|cp) .*");
  }

  List<DocumentedCommand> commands() throws IOException {
    List<DocumentedCommand> commands = new ArrayList<>();
    List<FencedBlock> blocks = FencedBlock.of(page);
    for (int i = 0; i < blocks.size(); i++) {
      if (blocks.get(i).language().equals("sh")) {
        List<String> prints =
            i + 1 < blocks.size() && blocks.get(i + 1).isOutput()
                ? blocks.get(i + 1).lines()
                : List.of();
        commands.addAll(DocumentedCommand.of(blocks.get(i), prints));
      }
    }
    return commands;
  }

  /** Every file that the page shows is, to the letter, one of {@code folder}. */
  void showsFilesOf(Path folder) throws IOException {
    List<String> contents = new ArrayList<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        contents.add(Files.readString(file).strip());
      }
    }
    List<FencedBlock> shown =
        FencedBlock.of(page).stream()
            .filter(
                b ->
                    List.of("yaml", "json", "java").contains(b.language())
                        || b.lines().get(0).startsWith("-- Why:"))
            .toList();
    assertTrue(!shown.isEmpty(), page + " shows no file");
    for (FencedBlock block : shown) {
      assertTrue(
          contents.contains(String.join("\n", block.lines()).strip()),
          () -> "%s:%d is no file of %s".formatted(page, block.line(), folder));
    }
  }

  /** Runs a command as it stands, but for the ports, until it prints what the page says. */
  void follow(DocumentedCommand command) {
    await(command.toString())
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(
            () -> {
              Ended ended = bash(command.text());
              assertEquals(0, ended.code, ended.output);
              for (String line : command.prints()) {
                assertTrue(
                    shape(ended.output).contains(shape(line)),
                    () -> "it should print: " + line + "\nand said:\n" + ended.output);
              }
            });
  }

  /** What came of a command: its exit code and both streams as one. */
  private record Ended(int code, String output) {}

  private Ended bash(String command) throws IOException, InterruptedException {
    String script = command;
    for (Map.Entry<String, String> port :
        Map.of(
                "9876", "MANAGEMENT_PORT",
                "18123", "EMBEDDED_CLICKHOUSE_PORT",
                "18080", "EMBEDDED_SIMULATOR_PORT")
            .entrySet()) {
      script =
          script.replace(
              "127.0.0.1:" + port.getKey(), "127.0.0.1:" + settings.get(port.getValue()));
    }
    Path output = Files.createTempFile(root, "command", ".out");
    ProcessBuilder bash =
        new ProcessBuilder("bash", "-euo", "pipefail", "-c", script)
            .directory(root.toFile())
            .redirectErrorStream(true)
            .redirectInput(new File("/dev/null"))
            .redirectOutput(output.toFile());
    bash.environment().keySet().retainAll(List.of("PATH", "HOME"));
    bash.environment().putAll(settings);
    Process process = bash.start();
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IllegalStateException(command + " does not end");
    }
    return new Ended(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
  }

  /** Starts the product there and waits until it is ready. */
  IngestProcess run() throws IOException, InterruptedException {
    IngestProcess started = IngestProcess.startIn(root, classPath, settings, "run");
    started.awaitReady();
    return started;
  }

  /** Numbers differ from run to run, and with them the width of a table. */
  private static String shape(String text) {
    return text.replaceAll("[0-9]+", "0").replaceAll("\\s+", " ").strip();
  }
}
