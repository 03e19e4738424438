package ingest.embedded.postgres;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresServerTest {
  @TempDir static Path folder;

  @Test
  void a_killed_postmaster_comes_back_on_its_port_with_what_was_committed() throws Exception {
    try (PostgresServer server = PostgresServer.start(folder, PostgresServerTest::freePort)) {
      run(server, "CREATE TABLE kept (id int)");
      for (int kill = 1; kill <= 2; kill++) {
        run(server, "INSERT INTO kept SELECT generate_series(1, 1000)");
        CountDownLatch connected = new CountDownLatch(1);
        CompletableFuture<Void> busy = CompletableFuture.runAsync(() -> sleepIn(server, connected));
        assertTrue(connected.await(10, SECONDS));
        long pid = postmaster();
        assertTrue(ProcessHandle.of(pid).orElseThrow().destroyForcibly());
        int committed = 1000 * kill;
        await()
            .atMost(Duration.ofSeconds(30))
            .ignoreExceptions()
            .until(
                () ->
                    postmaster() != pid && count(server, "SELECT count(*) FROM kept") == committed);
        busy.join();
      }
    }
    assertTrue(PostmasterFile.read(folder.resolve("data")).isEmpty(), "it stays stopped");
  }

  /** As in a statement that looks at nothing, whose backend holds the folder meanwhile. */
  @Test
  void a_backend_that_outlives_its_postmaster_is_waited_for() throws Exception {
    try (PostgresServer server = PostgresServer.start(folder, PostgresServerTest::freePort)) {
      try (Connection connection = DriverManager.getConnection(url(server));
          Statement statement = connection.createStatement();
          ResultSet backend = statement.executeQuery("SELECT pg_backend_pid()")) {
        assertTrue(backend.next());
        long held = backend.getLong(1);
        signal("STOP", held);
        long pid = postmaster();
        assertTrue(ProcessHandle.of(pid).orElseThrow().destroyForcibly());
        await()
            .atMost(Duration.ofSeconds(10))
            .until(() -> log().contains("pre-existing shared memory block"));
        signal("CONT", held);
        await()
            .atMost(Duration.ofSeconds(30))
            .ignoreExceptions()
            .until(() -> postmaster() != pid && count(server, "SELECT 1") == 1);
      }
    }
  }

  /** A close between the death and the restart; whichever comes first, nothing runs afterwards. */
  @ParameterizedTest
  @ValueSource(ints = {0, 150, 300, 600})
  void a_close_beside_a_restart_leaves_nothing_running(int millis) throws Exception {
    PostgresServer server = PostgresServer.start(folder, PostgresServerTest::freePort);
    long pid = postmaster();
    assertTrue(ProcessHandle.of(pid).orElseThrow().destroyForcibly());
    CompletableFuture.runAsync(
            server::close, CompletableFuture.delayedExecutor(millis, MILLISECONDS))
        .join();
    Path real = folder.toRealPath();
    await()
        .atMost(Duration.ofSeconds(10))
        .until(
            () ->
                ProcessHandle.allProcesses()
                    .noneMatch(
                        process ->
                            process
                                .info()
                                .command()
                                .filter(command -> Path.of(command).startsWith(real))
                                .isPresent()));
  }

  private static String log() throws IOException {
    return Files.readString(folder.resolve("log"));
  }

  private static void signal(String name, long pid) throws Exception {
    assertEquals(0, new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor());
  }

  @Test
  void a_pid_that_is_another_programs_by_now_stops_no_start() throws Exception {
    PostgresServer.start(folder, PostgresServerTest::freePort).close();
    Path data = folder.resolve("data");
    long alien = ProcessHandle.current().pid();
    Files.write(
        data.resolve("postmaster.pid"),
        List.of(Long.toString(alien), data.toString(), "1", "1", "", "127.0.0.1", "1 1", "ready"));
    try (PostgresServer server = PostgresServer.start(folder, PostgresServerTest::freePort)) {
      assertNotEquals(alien, postmaster());
      assertEquals(1, count(server, "SELECT 1"));
    }
  }

  @Test
  void a_database_is_created_once() throws Exception {
    try (PostgresServer server = PostgresServer.start(folder, PostgresServerTest::freePort)) {
      assertEquals(server.database("stage"), server.database("stage"));
    }
  }

  private static long postmaster() throws IOException {
    return PostmasterFile.read(folder.resolve("data")).orElseThrow().pid();
  }

  /** Ends by the loss of its connection. */
  private static void sleepIn(PostgresServer server, CountDownLatch connected) {
    try (Connection connection = DriverManager.getConnection(url(server));
        Statement statement = connection.createStatement()) {
      connected.countDown();
      statement.execute("SELECT pg_sleep(600)");
      throw new IllegalStateException("slept through");
    } catch (SQLException lost) {
      // what this waits for
    }
  }

  private static void run(PostgresServer server, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url(server));
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static long count(PostgresServer server, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url(server));
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      assertTrue(rows.next());
      return rows.getLong(1);
    }
  }

  private static String url(PostgresServer server) {
    return "jdbc:postgresql://127.0.0.1:" + server.port() + "/postgres?user=postgres";
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
