package ingest.consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.projection.Projector;
import ingest.projection.Table;
import ingest.store.TestStores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.support.scan.DefaultPackageScanClassResolver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a rebuild needs of the product's projectors and their tables. */
class ProjectionTest {
  @RegisterExtension static final TestStores STORES = new TestStores();
  private static final Pattern WRITES_LIVE =
      Pattern.compile("(?i)(INTO|UPDATE|DELETE\\s+FROM)\\s+public\\.");

  private static List<Projector<?>> all() throws ReflectiveOperationException {
    List<Projector<?>> all = new ArrayList<>();
    for (Class<?> c :
        new DefaultPackageScanClassResolver()
            .findImplementations(Projector.class, "ingest.projection")) {
      if (!c.isInterface()) {
        all.add((Projector<?>) c.getConstructor().newInstance());
      }
    }
    assertFalse(all.isEmpty());
    return all;
  }

  @Test
  void every_projector_says_what_it_writes() throws ReflectiveOperationException {
    for (Projector<?> projector : all()) {
      assertFalse(projector.tables().isEmpty(), projector.type() + " names no table");
    }
  }

  /** Or a rebuild would write the live table; it refuses to, but too late to be of use. */
  @Test
  void no_statement_of_a_projector_writes_into_a_schema() throws IOException {
    List<String> told = new ArrayList<>();
    try (Stream<Path> files = Files.walk(Path.of("projectors/ingest/projection"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
        if (WRITES_LIVE.matcher(Files.readString(file)).find()) {
          told.add(file + ": names a table that it writes with its schema");
        }
      }
    }
    assertEquals(List.of(), told);
    assertTrue(WRITES_LIVE.matcher("INSERT INTO public.apples AS s").find());
  }

  /** A primary key, nothing counted, nobody's rows that go with it, and columns that are there. */
  @Test
  void every_table_that_is_made_anew_can_be_held_against_its_shadow()
      throws ReflectiveOperationException, SQLException {
    List<Projector<?>> all = all();
    try (Connection tx = STORES.env().connection()) {
      for (Projector<?> projector : all) {
        for (Table table : projector.tables()) {
          Shape shape = Shape.of(tx, table);
          assertTrue(
              shape.columns().containsAll(table.writeTimes()), table + " has no such column");
          if (projector.notRebuilt() == null) {
            assertEquals(table, Projection.of(table.name(), all).table(table.name()));
          }
        }
      }
    }
  }
}
