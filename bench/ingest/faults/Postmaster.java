package ingest.faults;

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
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final long LOOK_MILLIS = 50;

  private final Path folder;
  private final String url;

  Postmaster(Path data, String url) {
    this.folder = data.resolve("postgres");
    this.url = url;
  }

  /** SIGKILL to the postmaster alone; its children find out by themselves. */
  void kill() throws IOException {
    signal(LibC.SIGKILL);
  }

  /** Ends it as its administrator would, connections and all; returns when it is gone. */
  void stop() throws IOException, InterruptedException {
    signal(LibC.SIGINT);
    Instant until = Instant.now().plus(PATIENCE);
    while (Files.exists(file())) {
      if (Instant.now().isAfter(until)) {
        throw new IOException("PostgreSQL does not stop; see " + folder.resolve("log"));
      }
      Thread.sleep(LOOK_MILLIS);
    }
  }

  private void signal(int signal) throws IOException {
    LibC.C.kill(Integer.parseInt(Files.readAllLines(file()).get(0).strip()), signal);
  }

  private Path file() {
    return folder.resolve("data/postmaster.pid");
  }

  /** After its end: returns when it takes connections, because who runs the stores started it. */
  void restored() throws IOException, InterruptedException {
    Instant until = Instant.now().plus(PATIENCE);
    while (!accepts()) {
      if (Instant.now().isAfter(until)) {
        throw new IOException("PostgreSQL is not there again; see " + folder.resolve("log"));
      }
      Thread.sleep(LOOK_MILLIS);
    }
  }

  private boolean accepts() {
    try (Connection connection = DriverManager.getConnection(url)) {
      return connection.isValid(1);
    } catch (SQLException e) {
      return false;
    }
  }
}
