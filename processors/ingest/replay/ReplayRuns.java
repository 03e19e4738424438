package ingest.replay;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import ingest.store.DmDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** {@code ingest.replay_run}: how replays fare. */
public final class ReplayRuns {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String LATEST =
      "SELECT CAST(to_jsonb(r) AS text) FROM ingest.replay_run r ORDER BY id DESC LIMIT 50";

  private final DmDatabase dm;

  public ReplayRuns(DmDatabase dm) {
    this.dm = dm;
  }

  /** The newest first, each with the columns of the view. */
  public ArrayNode latest() throws SQLException {
    ArrayNode all = JSON.createArrayNode();
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(LATEST);
        ResultSet rows = query.executeQuery()) {
      while (rows.next()) {
        all.add(JSON.readTree(rows.getString(1)));
      }
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("jsonb that is no JSON", e);
    }
    return all;
  }
}
