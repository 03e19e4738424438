package ingest;

import com.zaxxer.hikari.HikariDataSource;
import ingest.settings.SettingException;
import ingest.settings.Settings;
import ingest.store.ClickHouse;
import ingest.store.PostgresPool;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.configuration.FluentConfiguration;

/**
 * Brings the stores up to date, those that have a DSN. Two migrators at once wait for each other by
 * a lock of ours, which Flyway's begins too late for: of two that find no history table, one may
 * take the other's for tables of somebody else. ClickHouse has no locks; its migrators use that of
 * {@code dm}, where there is a {@code dm}.
 */
final class Migrations {
  private static final String HISTORY = "ingest_schema_history";
  private static final long LOCK = 0x696e67657374L; // "ingest"

  /** How long one waits for another, whose migrations may rewrite tables. */
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private final Settings settings;

  Migrations(Settings settings) {
    this.settings = settings;
  }

  /**
   * Runs what is new.
   *
   * @return one line per store
   * @throws SettingException when a store cannot be reached or refuses a migration
   */
  List<String> run() {
    List<String> done = new ArrayList<>();
    try {
      if (settings.has("dm.database-url")) {
        done.add("dm: " + postgres("dm.database-url", "migrations/dm"));
      }
      if (settings.has("database.url")) {
        done.add("environment: " + postgres("database.url", "migrations/env"));
      }
      if (settings.has("clickhouse.url")) {
        done.add("clickhouse: " + clickHouse());
      }
    } catch (FlywayException e) {
      throw new SettingException("migrate: " + e.getMessage());
    }
    if (done.isEmpty()) {
      throw new SettingException(
          "migrate: no store is configured: set DM_DATABASE_URL, DATABASE_URL or CLICKHOUSE_URL");
    }
    return done;
  }

  private String postgres(String key, String folder) {
    return alone(
        key,
        pool -> migrate(Flyway.configure().dataSource(pool).locations("filesystem:" + folder)));
  }

  private String clickHouse() {
    ClickHouse clickHouse = new ClickHouse(settings.text("clickhouse.url"));
    return settings.has("dm.database-url")
        ? alone("dm.database-url", pool -> clickHouse(clickHouse))
        : clickHouse(clickHouse);
  }

  /** Runs {@code work} while no other migrator is at work on or by this database. */
  private String alone(String key, Function<HikariDataSource, String> work) {
    try (HikariDataSource pool = PostgresPool.patient("migrate", key, settings, 4);
        Connection connection = pool.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("SET lock_timeout = '" + PATIENCE.toSeconds() + "s'");
      statement.execute("SELECT pg_advisory_lock(" + LOCK + ")");
      return work.apply(pool);
    } catch (SQLException e) {
      throw new SettingException(
          "migrate: %s: %s".formatted(Settings.variable(key), e.getMessage()));
    }
  }

  private static String clickHouse(ClickHouse clickHouse) {
    try {
      clickHouse.execute("CREATE DATABASE IF NOT EXISTS vf");
    } catch (IOException e) {
      throw new SettingException("CLICKHOUSE_URL: " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SettingException("migrate: interrupted");
    }
    return migrate(
        Flyway.configure()
            .dataSource(clickHouse.jdbcUrl("vf"), clickHouse.user(), clickHouse.password())
            .locations("filesystem:clickhouse"));
  }

  /** What is in a store before us is none of our business: version 0 is that. */
  private static String migrate(FluentConfiguration configuration) {
    var result =
        configuration
            .table(HISTORY)
            .placeholderReplacement(false)
            .baselineOnMigrate(true)
            .baselineVersion("0")
            .lockRetryCount(Math.toIntExact(PATIENCE.toSeconds())) // it tries once a second
            .load()
            .migrate();
    String version =
        result.targetSchemaVersion == null
            ? result.initialSchemaVersion
            : result.targetSchemaVersion;
    return result.migrationsExecuted == 0
        ? "up to date at " + version
        : result.migrationsExecuted + " migrations, now at " + version;
  }
}
