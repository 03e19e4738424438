package ingest.guards;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The migrations as texts: their names and what their headers say. */
final class MigrationsTest {
  private static final List<String> HEADER = List.of("Why", "Locks", "Rollback", "Serves");
  private static final Pattern NAME =
      Pattern.compile("V([1-9][0-9]*)__[a-z0-9]+(_[a-z0-9]+)*\\.sql");

  /** The dm migration that makes the roles; each later one works as the owner. */
  private static final int ROLES = 7;

  private static final String AS_OWNER = "SET ROLE dm_owner;";

  @ParameterizedTest
  @ValueSource(strings = {"migrations/dm", "migrations/env", "clickhouse"})
  void migrations_are_numbered_without_gaps(String folder) throws IOException {
    List<String> names = new ArrayList<>();
    for (Path file : files(folder)) {
      names.add(String.valueOf(file.getFileName()));
    }
    assertFalse(names.isEmpty(), folder + " has no migrations");
    assertEquals(List.of(), misnumbered(names), folder);
  }

  @Test
  void the_tutorials_migration_takes_the_next_free_number() throws IOException {
    List<String> names = new ArrayList<>();
    for (String folder : List.of("migrations/env", "docs/examples/charts-java/migrations/env")) {
      files(folder).forEach(file -> names.add(String.valueOf(file.getFileName())));
    }
    assertEquals(List.of(), misnumbered(names));
  }

  @ParameterizedTest
  @ValueSource(strings = {"migrations/dm", "migrations/env", "clickhouse"})
  void every_migration_says_why_what_it_locks_how_it_is_undone_and_whom_it_serves(String folder)
      throws IOException {
    List<String> told = new ArrayList<>();
    for (Path file : files(folder)) {
      missing(Files.readString(file))
          .forEach(
              m -> told.add(file + ": its header has no line '-- " + m + ": …'; say it there"));
    }
    assertEquals("", String.join("\n", told));
  }

  @Test
  void what_a_dm_migration_makes_is_dm_owners() throws IOException {
    List<String> told = new ArrayList<>();
    for (Path file : files("migrations/dm")) {
      Matcher name = NAME.matcher(String.valueOf(file.getFileName()));
      if (name.matches()
          && Integer.parseInt(name.group(1)) > ROLES
          && !worksAsOwner(Files.readString(file))) {
        told.add(
            file
                + ": its first statement is not '"
                + AS_OWNER
                + "': what it makes would belong to whoever migrates, and nobody else could use it");
      }
    }
    assertEquals("", String.join("\n", told));
  }

  @Test
  void a_migration_that_works_as_its_login_is_told() {
    assertTrue(worksAsOwner("-- Why: a\n\n-- b\nSET ROLE dm_owner; -- c\nSELECT 1;"));
    for (String text :
        List.of(
            "-- Why: a\nSELECT 1;\nSET ROLE dm_owner;",
            "-- SET ROLE dm_owner;\nSELECT 1;",
            "SET ROLE ingest_writer;",
            "")) {
      assertFalse(worksAsOwner(text), text);
    }
  }

  private static boolean worksAsOwner(String text) {
    return text.lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty() && !line.startsWith("--"))
        .findFirst()
        .orElse("")
        .startsWith(AS_OWNER);
  }

  static Stream<Arguments> headers() {
    return Stream.of(
        arguments(
            "-- Why: a\n-- Locks: b\n-- Rollback: c\n--    d\n-- Serves: e\nSELECT 1;", List.of()),
        arguments(
            "-- Why: a\n-- Locks: b\n-- Rollback: c\nSELECT 1;\n-- Serves: e\n", List.of("Serves")),
        arguments("-- Why: a\n-- Locks:  \n-- Rollback: c\n-- Serves: e\n", List.of("Locks")),
        arguments(
            "-- A table.\n-- Why: a\n-- Locks: b\n-- Rollback: c\n-- Serves: e\n", List.of("Why")),
        arguments("SELECT 1;", HEADER));
  }

  @ParameterizedTest
  @MethodSource("headers")
  void what_a_header_lacks_is_told(String text, List<String> lacks) {
    assertEquals(lacks, missing(text));
  }

  @Test
  void a_number_that_is_missing_or_taken_is_told() {
    assertEquals(List.of(), misnumbered(List.of("V1__a.sql", "V2__b_c.sql")));
    assertTrue(misnumbered(List.of("V1__a.sql", "V3__b.sql")).get(0).contains("V3__b.sql"));
    assertTrue(misnumbered(List.of("V1__a.sql", "V1__b.sql")).get(0).contains("V1__b.sql"));
    assertTrue(misnumbered(List.of("V1_a.sql")).get(0).contains("V1_a.sql"));
  }

  /** The first line is the first of the header; each of its words is followed by a text. */
  private static List<String> missing(String text) {
    List<String> comment = text.lines().takeWhile(l -> l.startsWith("--")).toList();
    List<String> missing = new ArrayList<>();
    for (String word : HEADER) {
      Pattern line = Pattern.compile("-- " + word + ": +\\S.*");
      List<String> where =
          word.equals(HEADER.get(0)) ? comment.stream().limit(1).toList() : comment;
      if (where.stream().noneMatch(l -> line.matcher(l).matches())) {
        missing.add(word);
      }
    }
    return missing;
  }

  private static List<String> misnumbered(List<String> names) {
    List<String> told = new ArrayList<>();
    List<Integer> numbers = new ArrayList<>();
    for (String name : names) {
      Matcher matcher = NAME.matcher(name);
      if (!matcher.matches()) {
        told.add(name + ": a migration is called V<number>__<what_it_brings>.sql");
      } else if (numbers.contains(Integer.valueOf(matcher.group(1)))) {
        told.add(name + ": another migration has this number");
      } else {
        numbers.add(Integer.valueOf(matcher.group(1)));
        if (Integer.parseInt(matcher.group(1)) > names.size()) {
          told.add(name + ": a number before it is missing");
        }
      }
    }
    return told;
  }

  private static List<Path> files(String folder) throws IOException {
    try (Stream<Path> files = Files.list(Path.of(folder))) {
      return files.filter(Files::isRegularFile).sorted().toList(); // a folder holds no migrations
    }
  }
}
