package ingest.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.settings.Settings;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the documents say is so: their commands are run, their names and links are followed. */
final class DocumentsTest {
  private static final Path README = Path.of("README.md");
  private static final Path OPERATIONS = Path.of("OPERATIONS.md");

  /** Of {@code dm}, where no other database is named after it. */
  private static final String SQL = "sql";

  private static final Pattern LINK = Pattern.compile("\\[[^\\]]+\\]\\(([^)#\\s]+)[^)]*\\)");
  private static final Pattern QUOTED = Pattern.compile("`([^`\n]+)`");
  private static final Pattern METRIC =
      Pattern.compile(
          "(?<name>ingest_[a-z_]+)(?:\\{(?<label>[a-z_]+)(?<value>=\"[^\"]*\")?(?:,[a-z_]+)*\\})?");
  private static final Pattern FAMILY = Pattern.compile("# TYPE (ingest_[a-z_]+) \\w+");
  private static final Pattern VARIABLE = Pattern.compile("([A-Z]+(?:_[A-Z]+)+)(?:=.*)?");
  private static final Pattern FOLDER = Pattern.compile("[a-z]+(?:/[a-z]+)*/");

  @TempDir static Path folder = Path.of("");
  private static @Nullable IngestProcess running;
  private static String firstScrape = "";

  @BeforeAll
  static void run() throws Exception {
    IngestProcess started = IngestProcess.run(IngestProcess.settings(folder.resolve("data")));
    running = started;
    firstScrape = started.manage("GET", "/observe/metrics", "").body();
  }

  @AfterAll
  static void stop() {
    if (running != null) {
      running.close();
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("commands")
  void a_command_does_what_its_document_says(DocumentedCommand command) throws Exception {
    assertTrue(command.ingest() || command.curl(), command + " is neither bin/ingest nor curl");
    DocumentedCommand.Ended ended = command.runAgainst(product(), folder);
    if (command.run()) {
      // understood (else it were 2), and stopped by the process that runs on its folder and ports
      assertEquals(1, ended.code(), command + " said:\n" + ended.output());
      assertTrue(ended.output().matches("(?s).* (already runs on|is in use) .*"), ended.output());
      return;
    }
    assertEquals(0, ended.code(), command + " said:\n" + ended.output());
    if (command.curl()) {
      assertTrue(
          ended.output().matches("(?s).*\n2[0-9]{2}"),
          command + " was answered\n" + ended.output());
    }
    for (String line : command.prints()) {
      assertTrue(
          shape(ended.output()).contains(shape(line)),
          command + " should print: " + line + "\nand said:\n" + ended.output());
    }
  }

  static List<DocumentedCommand> commands() throws IOException {
    List<DocumentedCommand> commands = new ArrayList<>();
    for (Path document : documents()) {
      if (document.startsWith("docs/add-an-upstream.md")
          || document.startsWith("docs/add-a-projector.md")) {
        continue; // TutorialTest follows them from beginning to end
      }
      List<FencedBlock> blocks = FencedBlock.of(document);
      for (int i = 0; i < blocks.size(); i++) {
        if (blocks.get(i).language().equals("sh")) {
          List<String> prints =
              blocks.stream()
                  .skip(i + 1L)
                  .limit(1)
                  .filter(FencedBlock::isOutput)
                  .flatMap(b -> b.lines().stream())
                  .toList();
          commands.addAll(DocumentedCommand.of(blocks.get(i), prints));
        }
      }
    }
    return commands;
  }

  /** Numbers differ from run to run, and with them the width of a table. */
  private static String shape(String text) {
    return text.replaceAll("[0-9]+", "0").replaceAll("\\s+", " ").strip();
  }

  @Test
  void every_command_there_is_stands_in_a_document() throws Exception {
    DocumentedCommand help = new DocumentedCommand(README, 0, "bin/ingest --help", List.of());
    List<String> known =
        Pattern.compile("(?m)^  ([a-z]+)  +[A-Z]")
            .matcher(help.runAgainst(product(), folder).output())
            .results()
            .map(m -> m.group(1))
            .toList();
    assertTrue(known.contains("run"), "no command was found in the help: " + known);
    String written = Files.readString(README) + Files.readString(OPERATIONS);
    List<String> untold =
        known.stream()
            .filter(
                c ->
                    !Pattern.compile("(?m)^(\\S+=\\S+ )*bin/ingest " + c + "\\b")
                        .matcher(written)
                        .find())
            .toList();
    assertEquals(List.of(), untold, "commands that no document shows");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("statements")
  void a_statement_runs_in_its_database(FencedBlock block) throws SQLException {
    String database =
        block.language().equals(SQL) ? "dm" : block.language().substring(SQL.length() + 1);
    String url =
        "jdbc:postgresql://127.0.0.1:%s/%s?user=postgres"
            .formatted(product().environment().get("EMBEDDED_POSTGRES_PORT"), database);
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      assertTrue(statement.execute(String.join("\n", block.lines())), "it answers no rows");
    }
  }

  static List<FencedBlock> statements() throws IOException {
    return FencedBlock.of(OPERATIONS).stream()
        .filter(b -> (b.language() + " ").startsWith(SQL + " "))
        .toList();
  }

  @Test
  void the_metrics_of_the_first_scrape_are_those_that_the_operator_reads_about()
      throws IOException {
    List<MatchResult> named =
        quoted(Files.readString(OPERATIONS))
            .map(METRIC::matcher)
            .filter(m -> m.matches())
            .map(m -> m.toMatchResult())
            .toList();
    Set<String> families = families();
    assertFalse(families.isEmpty(), "nothing was scraped");
    for (MatchResult metric : named) {
      assertTrue(families.contains(metric.group(1)), metric.group() + " is not scraped");
      if (metric.group(2) != null) {
        String value = metric.group(3) == null ? "=\"" : metric.group(3);
        Pattern sample =
            Pattern.compile(
                "(?m)^"
                    + metric.group(1)
                    + "(_count)?\\{[^}]*\\b"
                    + Pattern.quote(metric.group(2) + value));
        assertTrue(sample.matcher(firstScrape).find(), metric.group() + " has no such label");
      }
    }
    Set<String> untold = new TreeSet<>(families);
    untold.removeAll(named.stream().map(m -> m.group(1)).collect(Collectors.toSet()));
    assertEquals(Set.of(), untold, "metrics that OPERATIONS.md does not name");
  }

  /** The maximum that comes with each timer is told with it. */
  private static Set<String> families() {
    Set<String> all =
        FAMILY.matcher(firstScrape).results().map(m -> m.group(1)).collect(Collectors.toSet());
    return all.stream()
        .filter(f -> !f.endsWith("_max") || !all.contains(f.substring(0, f.length() - 4)))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("documents")
  void a_link_leads_to_a_file(Path document) throws IOException {
    Path beside = document.toAbsolutePath().getParent();
    List<String> broken =
        LINK.matcher(Files.readString(document))
            .results()
            .map(m -> m.group(1))
            .filter(link -> !link.matches("[a-z]+:.*"))
            .filter(link -> beside == null || !Files.exists(beside.resolve(link)))
            .toList();
    assertEquals(List.of(), broken);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("documents")
  void a_setting_that_is_named_is_declared(Path document) throws IOException {
    Set<String> declared =
        Settings.load(Path.of(""), Map.of()).asProperties().stringPropertyNames().stream()
            .map(Settings::variable)
            .collect(Collectors.toSet());
    String script = Files.readString(Path.of("bin", "ingest")); // has variables of its own
    List<String> unknown =
        quoted(Files.readString(document))
            .map(VARIABLE::matcher)
            .filter(m -> m.matches())
            .map(m -> m.group(1))
            .filter(name -> !declared.contains(name) && !script.contains("${" + name + ":-}"))
            .toList();
    assertEquals(List.of(), unknown);
  }

  @Test
  void what_the_tables_and_maps_of_the_readme_name_is_there() throws IOException {
    List<Path> tree = tree();
    String tables =
        Files.readAllLines(README).stream()
            .filter(line -> line.startsWith("|"))
            .collect(Collectors.joining("\n"));
    Stream<String> folders =
        FencedBlock.of(README).stream()
            .filter(b -> b.language().isEmpty())
            .flatMap(b -> b.lines().stream())
            .flatMap(line -> Stream.of(line.split("\\s+")))
            .filter(word -> FOLDER.matcher(word).matches());
    List<String> named = Stream.concat(quoted(tables), folders).toList();
    assertFalse(named.size() < 20, "too few names were found: " + named);
    assertEquals(List.of(), named.stream().filter(n -> !found(n, tree)).toList(), "not there");
  }

  /**
   * Whether a name is that of a file or folder: by its last parts, without the ending of a route or
   * a class, or as a pattern. Of a command its script counts.
   */
  private static boolean found(String name, List<Path> tree) {
    String path = name.startsWith("bin/ingest ") ? "bin/ingest" : name;
    PathMatcher wanted =
        FileSystems.getDefault()
            .getPathMatcher(
                "glob:{,**/}"
                    + (path.endsWith("/")
                        ? path.substring(0, path.length() - 1)
                        : path + "{,.java,.camel.yaml}"));
    return tree.stream()
        .filter(p -> !path.endsWith("/") || Files.isDirectory(p))
        .anyMatch(wanted::matches);
  }

  private static List<Path> tree() throws IOException {
    List<Path> tree = new ArrayList<>();
    Files.walkFileTree(
        Path.of(""),
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes) {
            tree.add(path);
            return Set.of("target", "data", ".git", "node_modules")
                    .contains(String.valueOf(path.getFileName()))
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            tree.add(file);
            return FileVisitResult.CONTINUE;
          }
        });
    return tree;
  }

  private static Stream<String> quoted(String text) {
    return QUOTED.matcher(text).results().map(m -> m.group(1));
  }

  static List<Path> documents() throws IOException {
    try (Stream<Path> below = Files.walk(Path.of("docs"))) {
      return Stream.concat(
              Stream.of(README, OPERATIONS, Path.of("CHANGELOG.md")),
              below.filter(p -> p.toString().endsWith(".md")).sorted())
          .toList();
    }
  }

  private static IngestProcess product() {
    if (running == null) {
      throw new IllegalStateException("nothing runs");
    }
    return running;
  }
}
