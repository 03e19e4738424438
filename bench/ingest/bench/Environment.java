package ingest.bench;

import ingest.consumer.EnvDatabase;
import ingest.settings.Settings;
import ingest.store.PostgresPool;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;

/** An environment's database: what is cleared before a run, and what has to be in it after. */
record Environment(String url, EnvDatabase database) implements AutoCloseable {
  static Environment open(Server server) throws SQLException {
    String url = server.env();
    Settings settings = Settings.load(Path.of(""), Map.of("DATABASE_URL", url));
    return new Environment(
        url,
        new EnvDatabase(
            new CountedPool(
                PostgresPool.open(
                    "env", "database.url", settings, settings.number("env.pool-size", 1, 200)),
                server.statements())));
  }

  void clear() throws SQLException {
    try (Connection connection = database.connection();
        Statement statement = connection.createStatement()) {
      statement.execute("TRUNCATE public.processed_events, public.channel_snapshot");
    }
  }

  /**
   * Holds its tables against the first {@code number} events, each applied once: the ids, and of
   * every channel the newest revision.
   */
  void check(Events events, int number) throws SQLException {
    Unbalanced.unlessEqual(
        "processed events", number, number("SELECT count(*) FROM public.processed_events"));
    Unbalanced.unlessEqual(
        "channels",
        Math.min(number, Events.SUBJECTS),
        number("SELECT count(*) FROM public.channel_snapshot"));
    Unbalanced.unlessEqual(
        "newest revisions of the viewers",
        events.sumOfNewestRevisions(number),
        number("SELECT sum(viewers_rev) FROM public.channel_snapshot"));
    Unbalanced.unlessEqual(
        "streams as new as the viewers",
        Math.min(number, Events.SUBJECTS),
        number("SELECT count(*) FROM public.channel_snapshot WHERE stream_ev = viewers_ev"));
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
  }
}
