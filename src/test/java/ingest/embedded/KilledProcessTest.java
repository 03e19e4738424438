package ingest.embedded;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.settings.SettingException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KilledProcessTest {

  @Test
  void what_a_killed_process_leaves_behind_is_taken_over(@TempDir Path folder) throws Exception {
    Process killed = StackInAnotherProcess.start(folder);
    long postmaster = firstNumber(folder.resolve("postgres/data/postmaster.pid"));
    long engine = firstNumber(folder.resolve("clickhouse/engine.lock"));
    try (EmbeddedStack stack = new EmbeddedStack()) {
      try {
        SettingException refused =
            assertThrows(
                SettingException.class, () -> stack.start(StackInAnotherProcess.settings(folder)));
        assertTrue(refused.toString().contains("Process " + killed.pid()), refused::toString);
        assertTrue(refused.toString().contains("DATA_DIR"), refused::toString);
        for (long store : new long[] {postmaster, engine}) {
          assertEquals(store, session(store), "a store has to be out of reach of Ctrl-C");
        }
      } finally {
        killed.destroyForcibly();
      }
      killed.waitFor();
      await().atMost(Duration.ofSeconds(10)).until(() -> !alive(engine));
      assertTrue(alive(postmaster));

      stack.start(StackInAnotherProcess.settings(folder));
      assertEquals(postmaster, firstNumber(folder.resolve("postgres/data/postmaster.pid")));
      run(stack.owners().get("dm.database-url"), "CREATE TABLE adopted (id int)");
    }
    await().atMost(Duration.ofSeconds(10)).until(() -> !alive(postmaster));
  }

  private static void run(@Nullable String url, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static boolean alive(long pid) {
    return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isPresent();
  }

  private static long firstNumber(Path file) throws IOException {
    return Long.parseLong(Files.readString(file).split("\\R", 2)[0].strip());
  }

  private static long session(long pid) throws IOException {
    Process ps = new ProcessBuilder("ps", "-o", "sess=", "-p", Long.toString(pid)).start();
    return Long.parseLong(
        new String(ps.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip());
  }
}
