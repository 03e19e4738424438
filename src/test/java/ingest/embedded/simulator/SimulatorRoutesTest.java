package ingest.embedded.simulator;

import static java.util.stream.Collectors.toMap;
import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SimulatorRoutesTest {
  private static final String ENDING = ".camel.yaml";

  @Test
  void a_file_holds_one_route_of_its_name_and_says_what_it_does() throws IOException {
    routes()
        .forEach(
            (name, yaml) -> {
              assertTrue(yaml.startsWith("# "), name);
              assertEquals(1, yaml.lines().filter(line -> line.startsWith("- ")).count(), name);
              assertTrue(yaml.contains("\n    id: " + name + "\n    description: "), name);
            });
  }

  @Test
  void every_kind_of_fault_is_a_route_but_those_of_the_connection() throws IOException {
    Set<String> faults =
        routes().keySet().stream().filter(name -> name.startsWith("fault-")).collect(toSet());
    Set<FaultKind> ofTheConnection = EnumSet.of(FaultKind.HANG, FaultKind.RESET, FaultKind.HUGE);
    assertEquals(
        Arrays.stream(FaultKind.values())
            .filter(kind -> !ofTheConnection.contains(kind))
            .map(kind -> "fault-" + kind.kind())
            .collect(toSet()),
        faults);
  }

  private static Map<String, String> routes() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("embedded/simulator"))) {
      return files.collect(
          toMap(
              file -> String.valueOf(file.getFileName()).replace(ENDING, ""),
              SimulatorRoutesTest::read));
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
