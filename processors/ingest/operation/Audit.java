package ingest.operation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import ingest.store.DmDatabase;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code ingest.audit}: who wanted what, when and why. An entry is committed before its action is
 * tried, so that nothing is done that is not here; what was refused or failed afterwards is, too.
 */
public final class Audit {
  /** Bytes of what was asked for; of a longer request its size stands here. */
  private static final int LONGEST = 4096;

  private static final String RECORD =
      """
      INSERT INTO ingest.audit (at, who, why, action, what)
      VALUES (ingest.now(), ?, ?, ?, CAST(? AS jsonb))
      """;

  private static final String LATEST =
      """
      SELECT id, at, who, why, action, CAST(what AS text) AS what
      FROM ingest.audit WHERE id < ? ORDER BY id DESC LIMIT ?
      """;

  private final DmDatabase dm;

  public Audit(DmDatabase dm) {
    this.dm = dm;
  }

  /** An entry; {@code what} is JSON. */
  public record Entry(long id, Instant at, String who, String why, String action, String what) {}

  /** Records an action and returns when that is committed. */
  public void record(Actor actor, String action, JsonNode what) throws SQLException {
    try (Connection connection = dm.connection()) {
      record(connection, actor, action, what);
    }
  }

  /** Records an action in the transaction of its effect. */
  public static void record(Connection tx, Actor actor, String action, JsonNode what)
      throws SQLException {
    String text = what.toString();
    int bytes = text.getBytes(StandardCharsets.UTF_8).length;
    try (PreparedStatement insert = tx.prepareStatement(RECORD)) {
      insert.setString(1, actor.who());
      insert.setString(2, actor.why());
      insert.setString(3, action);
      insert.setString(
          4,
          bytes <= LONGEST
              ? text
              : JsonNodeFactory.instance.objectNode().put("bytes", bytes).toString());
      insert.executeUpdate();
    }
  }

  /** The latest entries before {@code id}, the newest first. */
  public List<Entry> before(long id, int most) throws SQLException {
    List<Entry> entries = new ArrayList<>();
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(LATEST)) {
      query.setLong(1, id);
      query.setInt(2, most);
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          entries.add(
              new Entry(
                  rows.getLong("id"),
                  rows.getObject("at", OffsetDateTime.class).toInstant(),
                  rows.getString("who"),
                  rows.getString("why"),
                  rows.getString("action"),
                  rows.getString("what")));
        }
      }
    }
    return entries;
  }
}
