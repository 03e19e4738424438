package ingest.cli.doctor;

import ingest.settings.Role;
import ingest.settings.SettingException;
import ingest.settings.Settings;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Properties;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The PostgreSQL stores that have a DSN: reachable, new enough, keeping what they commit, and
 * {@code dm} entered by somebody who may do there what this process has to, and no more.
 */
final class PostgresCheck implements Doctor.Check {
  private static final List<String> KEYS =
      List.of("dm.database-url", "ingest.database-url", "database.url");
  private static final int LEAST_VERSION = 15;

  /** Held here, because the level of a logger that nobody holds is forgotten. */
  private static final Logger DRIVER = Logger.getLogger("org.postgresql");

  private final Settings settings;
  private final Set<Role> roles;

  PostgresCheck(Settings settings, Set<Role> roles) {
    this.settings = settings;
    this.roles = roles;
  }

  @Override
  public void examine(Consumer<Finding> told) {
    DRIVER.setLevel(Level.OFF);
    for (String key : KEYS) {
      settings.find(key).ifPresent(dsn -> examine(key, dsn, told));
    }
  }

  private void examine(String key, String dsn, Consumer<Finding> told) {
    String variable = Settings.variable(key);
    PostgresUrl url;
    try {
      url = PostgresUrl.of(key, dsn);
    } catch (SettingException e) {
      told.accept(Doctor.unreadable(variable, e));
      return;
    }
    String what = variable + " " + url.shown();
    Properties properties = new Properties();
    properties.putAll(url.credentials());
    for (String timeout : List.of("loginTimeout", "connectTimeout", "socketTimeout")) {
      properties.setProperty(timeout, "5");
    }
    try (Connection connection = driver().connect(url.jdbc(), properties)) {
      if (connection == null) {
        told.accept(Finding.fail(what, "the driver cannot read the DSN", "mend " + variable));
        return;
      }
      version(what, connection, told);
      keeping(what, connection, told);
      if (key.equals("dm.database-url")) {
        new PostgresRights(connection, what, told).examine(roles);
      }
    } catch (SQLException e) {
      told.accept(
          Finding.fail(
              what,
              "no connection: " + e.getMessage(),
              "check that it runs, is reachable from here, and that %s has the right user and password"
                  .formatted(variable)));
    }
  }

  /** Not by DriverManager, which starts every driver there is. */
  private static Driver driver() {
    return ServiceLoader.load(Driver.class).stream()
        .filter(driver -> driver.type().getName().equals("org.postgresql.Driver"))
        .findFirst()
        .orElseThrow()
        .get();
  }

  private static void version(String what, Connection connection, Consumer<Finding> told)
      throws SQLException {
    int version = Integer.parseInt(show(connection, "server_version_num")) / 10_000;
    String finding = "PostgreSQL " + show(connection, "server_version");
    told.accept(
        version < LEAST_VERSION
            ? Finding.fail(what, finding, "upgrade it to %d or newer".formatted(LEAST_VERSION))
            : Finding.ok(what, finding));
  }

  /** What is answered 2xx must be there after a power cut and after the loss of the node. */
  private static void keeping(String what, Connection connection, Consumer<Finding> told)
      throws SQLException {
    String fsync = show(connection, "fsync");
    if (fsync.equals("off")) {
      told.accept(Finding.fail(what, "fsync is off: a power cut loses commits", "set fsync = on"));
    }
    String commit = show(connection, "synchronous_commit");
    if (commit.equals("off")) {
      told.accept(
          Finding.fail(
              what,
              "synchronous_commit is off: a crash loses commits",
              "set synchronous_commit = on for the server, database and role"));
    } else if (commit.equals("local")) {
      told.accept(
          Finding.warn(
              what,
              "synchronous_commit is local: commits do not wait for the standby",
              "set synchronous_commit = on"));
    }
    if (show(connection, "synchronous_standby_names").isEmpty()) {
      told.accept(
          Finding.warn(
              what,
              "synchronous_standby_names is empty: the loss of the node loses commits",
              "give the cluster a required synchronous standby"));
    }
  }

  private static String show(Connection connection, String name) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT current_setting('" + name + "')")) {
      rows.next();
      return String.valueOf(rows.getString(1));
    }
  }
}
