package ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.embedded.clickhouse.EngineServer;
import ingest.embedded.postgres.PostgresServer;
import ingest.run.IngestProcess;
import ingest.run.Stores;
import ingest.settings.SettingException;
import ingest.settings.Settings;
import ingest.store.Catalog;
import ingest.store.Sql;
import ingest.store.TestStores;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Migrators on empty stores: alone, again, and two at once. Each test begins with a cluster without
 * our roles and a ClickHouse without our database.
 *
 * <p>{@code -Dmigrators.rounds=20} is the long version.
 */
class MigratorsTest {
  private static final int ROUNDS = Integer.getInteger("migrators.rounds", 3);

  @TempDir static Path folder;
  private static PostgresServer postgres;
  private static EngineServer engine;

  private final List<String> databases = new ArrayList<>();

  /** What three stores hold, read past the product. */
  private record Dump(List<String> dm, List<String> env, List<String> clickHouse) {}

  @BeforeAll
  static void start() throws IOException {
    postgres = PostgresServer.start(folder.resolve("postgres"), TestStores::freePort);
    engine =
        EngineServer.start(
            Settings.load(folder, Map.of()), folder.resolve("clickhouse"), TestStores::freePort);
  }

  @AfterAll
  static void stop() {
    postgres.close();
    engine.close();
  }

  @BeforeEach
  @AfterEach
  void clear() throws Exception {
    for (String database : databases) {
      administrator().run("DROP DATABASE " + database + " WITH (FORCE)");
    }
    databases.clear();
    for (String role :
        administrator().rows("SELECT rolname FROM pg_roles WHERE rolname !~ '^(pg_|postgres$)'")) {
      administrator().run("DROP ROLE " + role);
    }
    stores("").clickHouse("DROP DATABASE IF EXISTS vf");
  }

  private static Sql administrator() throws SQLException {
    return sql(postgres.database("postgres"));
  }

  private static Sql sql(String url) {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setURL(url);
    return new Sql(source);
  }

  private static Stores stores(String name) {
    return new Stores(name + "dm", name + "env", "http://127.0.0.1:" + engine.port());
  }

  private String database(String name) throws SQLException {
    String url = postgres.database(name);
    if (!databases.contains(name)) {
      databases.add(name);
    }
    return url;
  }

  /** The settings of a migrator of empty stores. */
  private Map<String, String> empty(int round) throws Exception {
    clear();
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("DM_DATABASE_URL", database("dm" + round));
    settings.put("DATABASE_URL", database("env" + round));
    settings.put("CLICKHOUSE_URL", stores("").clickHouse());
    return settings;
  }

  private static List<String> migrate(Map<String, String> settings) {
    return new Migrations(Settings.load(Path.of("."), settings)).run();
  }

  private static Dump dump(Map<String, String> settings) throws Exception {
    return new Dump(
        postgres(String.valueOf(settings.get("DM_DATABASE_URL"))),
        postgres(String.valueOf(settings.get("DATABASE_URL"))),
        clickHouse());
  }

  private static List<String> postgres(String url) {
    List<String> dump = new ArrayList<>(Catalog.dump(sql(url)));
    dump.addAll(Catalog.history(sql(url)));
    return dump;
  }

  private static List<String> clickHouse() throws IOException, InterruptedException {
    Stores stores = stores("");
    List<String> dump = new ArrayList<>();
    for (String table :
        stores
            .clickHouse("SELECT name FROM system.tables WHERE database = 'vf' ORDER BY name")
            .lines()
            .toList()) {
      dump.add(stores.clickHouse("SHOW CREATE TABLE vf." + table));
    }
    dump.add(
        stores.clickHouse(
            "SELECT installed_rank, version, script, checksum, success FROM vf.ingest_schema_history"
                + " ORDER BY installed_rank, version"));
    return dump;
  }

  /** Runs both at the same time; each one's answer, or what it threw. */
  private static <T> List<T> atOnce(Callable<T> one, Callable<T> other) throws Exception {
    CyclicBarrier start = new CyclicBarrier(2);
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      List<Future<T>> answers = new ArrayList<>();
      for (Callable<T> migrator : List.of(one, other)) {
        answers.add(
            threads.submit(
                () -> {
                  start.await();
                  return migrator.call();
                }));
      }
      return List.of(answers.get(0).get(), answers.get(1).get());
    } finally {
      threads.shutdownNow();
    }
  }

  private static void same(Dump expected, Dump actual) {
    assertEquals(String.join("\n", expected.dm), String.join("\n", actual.dm), "dm");
    assertEquals(String.join("\n", expected.env), String.join("\n", actual.env), "environment");
    assertEquals(
        String.join("\n", expected.clickHouse), String.join("\n", actual.clickHouse), "clickhouse");
  }

  @Test
  void a_migrator_that_runs_again_changes_nothing() throws Exception {
    Dump first = null;
    for (int round = 0; round < ROUNDS; round++) {
      Map<String, String> settings = empty(round);
      migrate(settings);
      Dump once = dump(settings);
      assertTrue(once.dm.stream().anyMatch(l -> l.contains("dm.streamer_channel")), "dumps see it");
      assertTrue(once.clickHouse.stream().anyMatch(l -> l.contains("vf.raw_events_log")));
      for (String line : migrate(settings)) {
        assertTrue(line.contains(": up to date at "), line);
      }
      same(once, dump(settings));
      first = first == null ? once : first;
      same(first, once);
    }
  }

  @Test
  void two_migrators_at_once_leave_what_one_leaves() throws Exception {
    Map<String, String> alone = empty(0);
    migrate(alone);
    Dump expected = dump(alone);
    for (int round = 1; round <= ROUNDS; round++) {
      Map<String, String> settings = empty(round);
      atOnce(() -> migrate(settings), () -> migrate(settings));
      same(expected, dump(settings));
    }
  }

  @Test
  void two_processes_at_once_leave_what_one_leaves() throws Exception {
    Map<String, String> alone = empty(0);
    migrate(alone);
    Dump expected = dump(alone);
    for (int round = 1; round <= (ROUNDS + 2) / 3; round++) {
      Map<String, String> settings = empty(round);
      assertEquals(List.of("", ""), atOnce(() -> process(settings), () -> process(settings)));
      same(expected, dump(settings));
    }
  }

  /** What a migrator of its own process said, where it failed. */
  private static String process(Map<String, String> settings) throws Exception {
    try (IngestProcess migrator = IngestProcess.start(settings, "migrate")) {
      return migrator.awaitEnd() == 0 ? "" : String.join("\n", migrator.lines());
    }
  }

  @Test
  void two_databases_of_one_cluster_at_once_share_the_roles() throws Exception {
    for (int round = 1; round <= ROUNDS; round++) {
      clear();
      Map<String, String> one = Map.of("DM_DATABASE_URL", database("one" + round));
      Map<String, String> other = Map.of("DM_DATABASE_URL", database("other" + round));
      atOnce(() -> migrate(one), () -> migrate(other));
      assertEquals(
          String.join("\n", postgres(String.valueOf(one.get("DM_DATABASE_URL")))),
          String.join("\n", postgres(String.valueOf(other.get("DM_DATABASE_URL")))));
    }
  }

  @Test
  void tables_of_an_old_writer_in_ClickHouse_are_left_alone() throws Exception {
    Stores stores = stores("");
    stores.clickHouse("CREATE DATABASE vf");
    stores.clickHouse(
        "CREATE TABLE vf.kick_streamer_probe (ts DateTime) ENGINE = MergeTree ORDER BY ts");
    String before = stores.clickHouse("SHOW CREATE TABLE vf.kick_streamer_probe");
    migrate(Map.of("CLICKHOUSE_URL", stores.clickHouse()));
    assertEquals(before, stores.clickHouse("SHOW CREATE TABLE vf.kick_streamer_probe"));
    assertEquals("0\n", stores.clickHouse("SELECT count() FROM vf.kick_streamer_probe_log"));
  }

  /** A database that {@code user} owns, who is no superuser, and its address for that user. */
  private String owned(String name, String user, String attributes) throws SQLException {
    administrator().run("CREATE ROLE " + user + " LOGIN " + attributes);
    administrator().run("CREATE DATABASE " + name + " OWNER " + user);
    return database(name).replaceFirst("user=postgres$", "user=" + user);
  }

  /** What the schemas of ours look like, whoever made them. */
  private static String ours(String url) {
    return String.join(
        "\n",
        Catalog.dump(sql(url)).stream()
            .filter(line -> line.matches("(?s)[a-z]+\\|.*\\b(dm|ingest)[.|].*"))
            .toList());
  }

  @Test
  void a_user_who_may_create_roles_migrates_as_a_superuser_does() throws Exception {
    String superusers = database("dm0");
    migrate(Map.of("DM_DATABASE_URL", superusers));
    String expected = ours(superusers);
    assertTrue(expected.contains("dm_owner") && expected.contains("default|"), expected);
    clear();
    String makers = owned("dm1", "maker", "CREATEROLE");
    migrate(Map.of("DM_DATABASE_URL", makers));
    assertEquals(expected, ours(makers));
    assertTrue(migrate(Map.of("DM_DATABASE_URL", makers)).get(0).contains("up to date"));
    clear();
  }

  @Test
  void a_user_who_may_not_is_told_what_an_administrator_has_to_run() throws Exception {
    String superusers = database("dm0");
    migrate(Map.of("DM_DATABASE_URL", superusers));
    String expected = ours(superusers);
    clear();
    Map<String, String> settings = Map.of("DM_DATABASE_URL", owned("dm1", "plain", ""));
    String refused = refusal(settings);
    assertTrue(
        refused.contains(
            "CREATE ROLE dm_owner NOLOGIN; CREATE ROLE ingest_writer NOLOGIN; CREATE ROLE env_reader NOLOGIN; GRANT dm_owner TO plain;"),
        refused);
    for (String role : List.of("dm_owner", "ingest_writer", "env_reader")) {
      administrator().run("CREATE ROLE " + role + " NOLOGIN");
    }
    assertTrue(refusal(settings).contains("run: GRANT dm_owner TO plain;"));
    administrator().run("GRANT dm_owner TO plain");
    assertFalse(migrate(settings).isEmpty());
    assertEquals(expected, ours(String.valueOf(settings.get("DM_DATABASE_URL"))));
    clear();
  }

  private static String refusal(Map<String, String> settings) {
    return String.valueOf(
        assertThrows(SettingException.class, () -> migrate(settings)).getMessage());
  }
}
