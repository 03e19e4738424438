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
    String pid = Files.readAllLines(folder.resolve("data/postmaster.pid")).get(0).strip();
    LibC.C.kill(Integer.parseInt(pid), LibC.SIGKILL);
  }

  /** After a kill: returns when it takes connections, because who runs the stores started it. */
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
