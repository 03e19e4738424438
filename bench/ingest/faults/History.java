package ingest.faults;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.run.Balancer;
import ingest.run.Stores;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What is known of every event, gathered from all who had to do with it. */
final class History {
  /** Rows that are in memory at once. */
  private static final int FETCH = 10_000;

  private final Map<UUID, Fact> facts = new HashMap<>();
  private final Stores stores;

  private History(Stores stores) {
    this.stores = stores;
  }

  static History gather(Load load, Balancer balancer, Stores stores)
      throws SQLException, IOException, InterruptedException {
    History history = new History(stores);
    for (Emission emission : load.emissions()) {
      for (int i = 0; i < emission.events().size(); i++) {
        Fact fact = history.fact(emission.events().get(i));
        fact.emission = emission;
        fact.alone = emission.alone(i);
      }
    }
    for (Balancer.Delivery delivery : balancer.deliveries()) {
      delivery.events().forEach(id -> history.fact(id).deliveries.add(delivery));
    }
    for (String url : List.of(stores.dm(), stores.env())) {
      analyze(url);
    }
    history.dm();
    history.archive();
    history.env();
    return history;
  }

  Collection<Fact> facts() {
    return facts.values();
  }

  private Fact fact(UUID id) {
    return facts.computeIfAbsent(id, Fact::new);
  }

  private void dm() throws SQLException {
    rows(
        stores.dm(),
        "SELECT event_id, created_at, day || '/' || chunk AS chunk FROM ingest.ingest_outbox",
        row -> {
          Fact fact = fact(id(row));
          fact.outbox++;
          fact.committed = time(row, "created_at");
          fact.chunk = row.getString("chunk");
        });
    rows(
        stores.dm(),
        "SELECT event_id, target, status, attempts, attempted_at, last_error FROM ingest.ingest_outbox_delivery",
        row -> {
          Fact fact = fact(id(row));
          (row.getString("target").equals("clickhouse") ? fact.clickHouse : fact.stage)
              .add(
                  new Fact.Outcome(
                      row.getString("status").intern(),
                      row.getInt("attempts"),
                      time(row, "attempted_at"),
                      row.getString("last_error")));
        });
  }

  private void archive() throws IOException, InterruptedException {
    for (JsonNode row :
        stores.clickHouseRows(
            "SELECT event_id, count() AS n FROM vf.raw_events GROUP BY event_id")) {
      fact(UUID.fromString(row.path("event_id").asText())).archived = row.path("n").asInt();
    }
    for (JsonNode row :
        stores.clickHouseRows(
            "SELECT event_id, count() AS n FROM vf.kick_streamer_probe GROUP BY event_id")) {
      fact(UUID.fromString(row.path("event_id").asText())).probed = row.path("n").asInt();
    }
  }

  private void env() throws SQLException {
    rows(
        stores.env(),
        "SELECT event_id FROM public.processed_events",
        row -> fact(id(row)).processed++);
    rows(
        stores.env(),
        "SELECT event_id, at, columns, subject, rev FROM faults.effect ORDER BY seq",
        row ->
            fact(id(row))
                .effects
                .add(
                    new Fact.Effect(
                        row.getObject("at", OffsetDateTime.class).toInstant(),
                        row.getString("columns").intern(),
                        row.getString("subject"),
                        row.getLong("rev"))));
  }

  /** A crash costs PostgreSQL its statistics, and without them it joins row by row. */
  private static void analyze(String url) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute("ANALYZE");
    }
  }

  private interface Reader {
    void read(ResultSet row) throws SQLException;
  }

  private static void rows(String url, String query, Reader reader) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false); // else the driver reads everything at once
      statement.setFetchSize(FETCH);
      try (ResultSet rows = statement.executeQuery(query)) {
        while (rows.next()) {
          reader.read(rows);
        }
      }
    }
  }

  private static UUID id(ResultSet row) throws SQLException {
    return row.getObject("event_id", UUID.class);
  }

  private static @Nullable Instant time(ResultSet row, String column) throws SQLException {
    OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
    return time == null ? null : time.toInstant();
  }
}
