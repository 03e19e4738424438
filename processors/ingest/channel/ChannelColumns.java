package ingest.channel;

import ingest.store.Columns;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What every statement about channels takes and gives. */
final class ChannelColumns {
  private ChannelColumns() {}

  /** As the first two parameters: platform and platform_user_id. */
  static void keys(Connection tx, PreparedStatement statement, Collection<ChannelKey> keys)
      throws SQLException {
    statement.setArray(1, Columns.of(tx, "text", keys, ChannelKey::platform));
    statement.setArray(2, Columns.of(tx, "text", keys, ChannelKey::userId));
  }

  static ChannelKey key(ResultSet row) throws SQLException {
    return new ChannelKey(row.getString("platform"), row.getString("platform_user_id"));
  }

  static <R> Array times(Connection tx, Collection<R> rows, Function<R, @Nullable Instant> time)
      throws SQLException {
    return Columns.of(
        tx,
        "timestamptz",
        rows,
        row -> {
          Instant at = time.apply(row);
          return at == null ? null : at.atOffset(ZoneOffset.UTC).toString();
        });
  }
}
