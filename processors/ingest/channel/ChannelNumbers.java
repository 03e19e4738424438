package ingest.channel;

import ingest.store.Columns;
import ingest.store.DmDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code dm.streamer_channel.id} by {@code external_id}, for tables that are keyed on it. Both are
 * the channel's for ever, so what was read once is kept; a channel that is not there is asked for
 * again each time. Thread-safe, bounded.
 */
public final class ChannelNumbers {
  private static final String QUERY =
      "SELECT external_id, id FROM dm.streamer_channel WHERE external_id = ANY (?)";

  private final DmDatabase dm;
  private final Recent<String, Long> known = new Recent<>(this::read);

  public ChannelNumbers(DmDatabase dm) {
    this.dm = dm;
  }

  /**
   * One statement, and none where all are known; those that {@code dm} does not know are left out.
   *
   * @throws SQLException when {@code dm} does not answer
   */
  public Map<String, Long> of(Collection<String> externalIds) throws SQLException {
    return known.of(externalIds);
  }

  private Map<String, Long> read(List<String> channels) throws SQLException {
    Map<String, Long> numbers = new HashMap<>();
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(QUERY)) {
      query.setArray(1, Columns.of(connection, "text", channels, c -> c));
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          numbers.put(rows.getString("external_id"), rows.getLong("id"));
        }
      }
    }
    return numbers;
  }
}
