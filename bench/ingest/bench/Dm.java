package ingest.bench;

import ingest.delivery.Target;
import ingest.delivery.Targets;
import ingest.settings.Settings;
import ingest.store.DmDatabase;
import ingest.store.PostgresPool;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;

/**
 * A {@code dm} database of its own, in the product's pool.
 *
 * @param owner the same, where tables are made and cleared
 */
record Dm(DmDatabase database, DmDatabase owner, Settings settings) implements AutoCloseable {
  private static final String ARCHIVE = "clickhouse";

  static Dm open(Server server) throws SQLException {
    String url = server.dm();
    Settings owners = Settings.load(Path.of(""), Map.of("DM_DATABASE_URL", url));
    Settings settings = Settings.load(Path.of(""), Map.of("DM_DATABASE_URL", server.product(url)));
    return new Dm(
        new DmDatabase(new CountedPool(DmDatabase.open(settings).pool(), server.statements())),
        new DmDatabase(PostgresPool.open("owner", "dm.database-url", owners, 2)),
        settings);
  }

  /** Nobody but these is delivered to; the archive is off, as without ClickHouse. */
  void onlyTargets(List<Target> targets) throws SQLException {
    Targets rows = new Targets(database);
    rows.configure(targets, "live");
    rows.set(ARCHIVE, "off", "bench", "not measured");
  }

  /** An empty outbox. */
  void clear() throws SQLException {
    execute(
        "TRUNCATE ingest.event_key, ingest.ingest_outbox, ingest.delivery_chunk, ingest.delivery_item");
  }

  /** Autocommit; a VACUUM may be among them. */
  void execute(String... statements) throws SQLException {
    try (Connection connection = owner.connection();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /** The one number that a query answers. */
  long number(String query) throws SQLException {
    try (Connection connection = database.connection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      rows.next();
      return rows.getLong(1);
    }
  }

  @Override
  public void close() {
    database.close();
    owner.close();
  }
}
