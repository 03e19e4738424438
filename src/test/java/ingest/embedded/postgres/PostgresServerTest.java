package ingest.embedded.postgres;

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
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PostgresServerTest {
  @TempDir static Path folder;

  @Test
  void what_was_committed_when_the_postmaster_was_killed_is_there_at_the_next_start()
      throws Exception {
    PostgresServer killed = PostgresServer.start(folder, PostgresServerTest::freePort);
    long pid = postmaster();
    run(killed, "CREATE TABLE kept (id int)");
    run(killed, "INSERT INTO kept SELECT generate_series(1, 1000)");
    CountDownLatch connected = new CountDownLatch(1);
    CompletableFuture<Void> busy = CompletableFuture.runAsync(() -> sleepIn(killed, connected));
    assertTrue(connected.await(10, SECONDS));

    assertTrue(ProcessHandle.of(pid).orElseThrow().destroyForcibly());
    await().until(() -> ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty());
    try (PostgresServer server = PostgresServer.start(folder, PostgresServerTest::freePort)) {
      assertNotEquals(pid, postmaster());
      assertEquals(1000, count(server, "SELECT count(*) FROM kept"));
    }
    busy.join();
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
