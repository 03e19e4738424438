package ingest.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** What every run of {@code bin/faults} leaves behind, and how it tells what came of it. */
class LabTest {
  private record Came(boolean holds, boolean passed) implements Verdict {
    @Override
    public void print(PrintWriter out) {
      out.println("told");
    }

    @Override
    public ObjectNode json() {
      return new ObjectMapper().createObjectNode().put("holds", holds);
    }
  }

  private final List<String> said = new ArrayList<>();
  private final List<Path> folders = new ArrayList<>();

  private Came in(Path folder, Lab lab, boolean holds) throws IOException {
    folders.add(folder);
    Files.writeString(Files.createDirectory(folder.resolve("data")).resolve("log"), "a line");
    lab.opened(() -> said.add("closes the first"));
    lab.opened(() -> said.add("closes the second"));
    return new Came(holds, true);
  }

  @ParameterizedTest(name = "kept on demand {0}, every rule held {1}: left {2}")
  @CsvSource({"false, true, false", "true, true, true", "false, false, true", "true, false, true"})
  void a_folder_is_left_where_somebody_has_to_look_into_it(
      boolean keep, boolean holds, boolean left) throws Exception {
    Lab lab = new Lab(keep, said::add);
    lab.run("faults-test-", folder -> in(folder, lab, holds));
    Path folder = folders.get(0);
    List<String> expected =
        new ArrayList<>(List.of("stopping", "closes the second", "closes the first"));
    if (left) {
      expected.add("logs and stores are kept in " + folder);
    }
    assertEquals(expected, said);
    assertEquals(left, Files.exists(folder));
    if (left) {
      assertTrue(Files.exists(folder.resolve("data/log")));
      Lab.delete(folder);
    }
  }

  @Test
  void a_run_that_fails_closes_what_it_opened_and_leaves_its_folder() {
    Lab lab = new Lab(false, said::add);
    assertThrows(
        IOException.class,
        () ->
            lab.<Came>run(
                "faults-test-",
                folder -> {
                  Came unused = in(folder, lab, true);
                  throw new IOException("its store is away");
                }));
    assertEquals(4, said.size(), said::toString);
    assertTrue(Files.exists(folders.get(0)));
    Lab.delete(folders.get(0));
  }

  @Command(name = "any")
  private static final class Any implements Callable<Integer> {
    @Mixin private final Judge judge = new Judge();
    private final Came came;

    Any(Came came) {
      this.came = came;
    }

    @Override
    public Integer call() throws Exception {
      return judge.run(() -> {}, () -> came);
    }
  }

  @ParameterizedTest(name = "every rule held {0}, under what was asked for {1}: exit code {2}")
  @CsvSource({"true, true, 0", "true, false, 1", "false, false, 1"})
  void a_command_tells_people_and_programs_and_ends_with_its_verdict(
      boolean holds, boolean passed, int code, @TempDir Path folder) throws Exception {
    StringWriter told = new StringWriter();
    Path json = folder.resolve("out.json");
    int ended =
        new CommandLine(new Any(new Came(holds, passed)))
            .setOut(new PrintWriter(told, true))
            .execute("--json", json.toString());
    assertEquals(code, ended);
    assertEquals("told\n", told.toString());
    assertEquals("{\n  \"holds\" : " + holds + "\n}\n", Files.readString(json));
  }
}
