package ingest.delivery;

import ingest.store.DmDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** {@code ingest.target}: what each target takes, and its mode, which lives nowhere else. */
public final class Targets {
  /** off: no deliveries are made. paused: they are made and wait. live: they are sent. */
  public static final Set<String> MODES = Set.of("off", "paused", "live");

  private static final String WITHOUT = "run --without-clickhouse";

  /** A row. */
  public record Row(
      String name,
      String kind,
      String mode,
      List<String> types,
      int batch,
      String who,
      OffsetDateTime changedAt,
      String why) {}

  private final DmDatabase dm;

  public Targets(DmDatabase dm) {
    this.dm = dm;
  }

  /**
   * Writes what is configured; a new target gets {@code initialMode}, a known one keeps its mode.
   */
  public void configure(List<Target> targets, String initialMode) throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement upsert =
            connection.prepareStatement(
                """
                INSERT INTO ingest.target (name, kind, mode, types, batch, who, changed_at, why)
                VALUES (?, ?, ?, ?, ?, 'configuration', ingest.now(), 'first seen')
                ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, types = excluded.types, batch = excluded.batch
                """)) {
      for (Target target : targets) {
        upsert.setString(1, target.name());
        upsert.setString(2, target.kind());
        upsert.setString(3, initialMode);
        upsert.setArray(4, connection.createArrayOf("text", target.types().toArray()));
        upsert.setInt(5, target.batch());
        upsert.executeUpdate();
      }
    }
  }

  /**
   * Sets the archive off for a run without ClickHouse, and live again for the next run with it.
   * What was accepted in between is not in the archive.
   */
  public void archive(boolean there) throws SQLException {
    Row archive =
        all().stream().filter(t -> t.kind.equals(Target.CLICKHOUSE)).findFirst().orElseThrow();
    if (!there && !archive.mode.equals("off")) {
      set(archive.name, "off", WITHOUT, "this run has no ClickHouse");
    } else if (there && archive.mode.equals("off") && archive.who.equals(WITHOUT)) {
      set(archive.name, "live", "run", "ClickHouse is there again");
    }
  }

  /** Sets a mode from now on; empty when there is no such target. */
  public Optional<Row> set(String name, String mode, String who, String why) throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement update =
            connection.prepareStatement(
                "UPDATE ingest.target SET mode = ?, who = ?, why = ?, changed_at = ingest.now() WHERE name = ?")) {
      update.setString(1, mode);
      update.setString(2, who);
      update.setString(3, why);
      update.setString(4, name);
      update.executeUpdate();
    }
    return all().stream().filter(t -> t.name.equals(name)).findFirst();
  }

  public List<Row> all() throws SQLException {
    List<Row> targets = new ArrayList<>();
    try (Connection connection = dm.connection();
        PreparedStatement query =
            connection.prepareStatement(
                "SELECT name, kind, mode, types, batch, who, changed_at, why FROM ingest.target ORDER BY name");
        ResultSet rows = query.executeQuery()) {
      while (rows.next()) {
        targets.add(
            new Row(
                rows.getString("name"),
                rows.getString("kind"),
                rows.getString("mode"),
                List.of((String[]) rows.getArray("types").getArray()),
                rows.getInt("batch"),
                rows.getString("who"),
                rows.getObject("changed_at", OffsetDateTime.class),
                rows.getString("why")));
      }
    }
    return targets;
  }
}
