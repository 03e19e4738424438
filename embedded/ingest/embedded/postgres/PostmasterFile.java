package ingest.embedded.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * {@code postmaster.pid} of a data folder: who serves it, and where.
 *
 * @param ready whether recovery is over and connections are taken
 */
record PostmasterFile(long pid, int port, boolean ready) {
  private static final int PID = 0;
  private static final int PORT = 3;
  private static final int STATUS = 7;

  /** Empty where there is none, or it was only half written. */
  static Optional<PostmasterFile> read(Path data) throws IOException {
    Path file = path(data);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    List<String> lines = Files.readAllLines(file);
    if (lines.size() <= PORT) {
      return Optional.empty();
    }
    return Optional.of(
        new PostmasterFile(
            Long.parseLong(lines.get(PID).strip()),
            Integer.parseInt(lines.get(PORT).strip()),
            lines.size() > STATUS && lines.get(STATUS).strip().equals("ready")));
  }

  static Path path(Path data) {
    return data.resolve("postmaster.pid");
  }

  boolean alive() {
    return process().isPresent();
  }

  /** Whether the pid is a living program of {@code folder}; after a reboot it may be anything. */
  boolean runsFrom(Path folder) {
    return process()
        .flatMap(process -> process.info().command())
        .filter(command -> Path.of(command).startsWith(folder))
        .isPresent();
  }

  private Optional<ProcessHandle> process() {
    return ProcessHandle.of(pid).filter(ProcessHandle::isAlive);
  }
}
