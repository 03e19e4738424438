package ingest.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What Linux says of the connections of this machine. */
final class Sockets {
  private static final List<Path> TABLES =
      List.of(Path.of("/proc/net/tcp"), Path.of("/proc/net/tcp6"));

  private static final int LOCAL_ADDRESS = 1;
  private static final int QUEUES = 4;
  private static final String EMPTY = ":00000000";

  private Sockets() {}

  /** Whether the program at a local port has read all that was sent to it. */
  static boolean read(int port) {
    String local = ":%04X".formatted(port);
    return TABLES.stream()
        .flatMap(Sockets::rows)
        .anyMatch(row -> row[LOCAL_ADDRESS].endsWith(local) && row[QUEUES].endsWith(EMPTY));
  }

  private static Stream<String[]> rows(Path table) {
    try {
      return Files.readAllLines(table).stream().skip(1).map(line -> line.strip().split("\\s+"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
