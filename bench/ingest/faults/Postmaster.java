package ingest.faults;

import ingest.embedded.postgres.PostgresServer;
import ingest.settings.SettingException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;

/** The embedded PostgreSQL of a data folder: killed, and there again. */
final class Postmaster {
  /** Within this who runs the stores has to have it running again, else we start it. */
  private static final Duration SUPERVISED = Duration.ofSeconds(10);

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final long LOOK_MILLIS = 50;

  private final Path folder;
  private final String url;
  private final int port;
  private boolean supervised = true;

  Postmaster(Path data, String url) throws IOException {
    this.folder = data.resolve("postgres");
    this.url = url;
    this.port = Integer.parseInt(line(3));
  }

  private String line(int number) throws IOException {
    return Files.readAllLines(folder.resolve("data/postmaster.pid")).get(number).strip();
  }

  /** SIGKILL to the postmaster alone. */
  void kill() throws IOException {
    LibC.C.kill(Integer.parseInt(line(0)), LibC.SIGKILL);
  }

  /**
   * After a kill: returns when its children, which hold the shared memory, are gone and it takes
   * connections again; starts it where nobody else does.
   */
  void restore() throws IOException, InterruptedException {
    Instant began = Instant.now();
    while (!supervised && anyRuns()) {
      Thread.sleep(LOOK_MILLIS);
    }
    while (!accepts()) {
      Duration away = Duration.between(began, Instant.now());
      if (away.compareTo(PATIENCE) > 0) {
        throw new IOException("PostgreSQL is not there again; see " + folder.resolve("log"));
      }
      if (supervised && away.compareTo(SUPERVISED) < 0) {
        Thread.sleep(LOOK_MILLIS);
        continue;
      }
      supervised = false;
      try {
        PostgresServer.start(folder, () -> port);
      } catch (SettingException | IOException e) {
        Thread.sleep(LOOK_MILLIS); // somebody else is just starting it
      }
    }
  }

  /** A process that has ended and that nobody has looked after yet runs no program. */
  private boolean anyRuns() throws IOException {
    String programs = folder.toRealPath() + "/bin-";
    return ProcessHandle.allProcesses()
        .anyMatch(process -> process.info().command().orElse("").startsWith(programs));
  }

  boolean accepts() {
    try (Connection connection = DriverManager.getConnection(url)) {
      return connection.isValid(1);
    } catch (SQLException e) {
      return false;
    }
  }
}
