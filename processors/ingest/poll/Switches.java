package ingest.poll;

import ingest.settings.Settings;
import ingest.store.DmDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Switches: the property is the default, a row of {@code ingest.switch} wins until it is cleared or
 * runs out. Read from the database each time, so every instance follows at its next look.
 */
public final class Switches {
  private static final String NEEDS = ".needs";

  private final DmDatabase dm;
  private volatile Settings settings;

  public Switches(DmDatabase dm, Settings settings) {
    this.dm = dm;
    this.settings = settings;
  }

  /** From here on these are the defaults. */
  public void defaults(Settings settings) {
    this.settings = settings;
  }

  /** An override in force. */
  public record Setting(
      String name,
      String value,
      String who,
      OffsetDateTime at,
      String why,
      @Nullable OffsetDateTime until) {}

  /**
   * True when the switch is on.
   *
   * @throws SQLException when the database cannot say; whoever asks should then do nothing
   */
  public boolean on(String name) throws SQLException {
    String value =
        overrides().stream()
            .filter(o -> o.name.equals(name))
            .map(Setting::value)
            .findFirst()
            .orElseGet(() -> settings.find(name).orElse("true"));
    return Boolean.parseBoolean(value);
  }

  /**
   * The variable that a poller cannot do without and that is not set, of those that {@code
   * poll.<poller>.needs} names; null where it has all. One of {@code a|b} is enough. No switch can
   * help it.
   */
  public @Nullable String lacks(String poller) {
    Settings now = settings;
    return now.list("poll." + poller + NEEDS).stream()
        .map(need -> List.of(need.split("\\|", -1)))
        .filter(keys -> keys.stream().noneMatch(now::has))
        .map(keys -> keys.stream().map(Settings::variable).collect(Collectors.joining(" or ")))
        .findFirst()
        .orElse(null);
  }

  /** The overrides in force, by name. */
  public List<Setting> overrides() throws SQLException {
    List<Setting> overrides = new ArrayList<>();
    try (Connection connection = dm.connection();
        PreparedStatement query =
            connection.prepareStatement(
                "SELECT name, value, who, at, why, until FROM ingest.switch WHERE until IS NULL OR until > ingest.now() ORDER BY name");
        ResultSet rows = query.executeQuery()) {
      while (rows.next()) {
        overrides.add(
            new Setting(
                rows.getString("name"),
                rows.getString("value"),
                rows.getString("who"),
                rows.getObject("at", OffsetDateTime.class),
                rows.getString("why"),
                rows.getObject("until", OffsetDateTime.class)));
      }
    }
    return overrides;
  }

  /** Overrides the property until {@link #clear}. */
  public void set(String name, String value, String who, String why) throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement upsert =
            connection.prepareStatement(
                """
                INSERT INTO ingest.switch (name, value, who, at, why) VALUES (?, ?, ?, ingest.now(), ?)
                ON CONFLICT (name) DO UPDATE
                SET value = excluded.value, who = excluded.who, at = excluded.at, why = excluded.why, until = NULL
                """)) {
      upsert.setString(1, name);
      upsert.setString(2, value);
      upsert.setString(3, who);
      upsert.setString(4, why);
      upsert.executeUpdate();
    }
  }

  /** Back to what the property says. */
  public void clear(String name) throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement delete =
            connection.prepareStatement("DELETE FROM ingest.switch WHERE name = ?")) {
      delete.setString(1, name);
      delete.executeUpdate();
    }
  }
}
