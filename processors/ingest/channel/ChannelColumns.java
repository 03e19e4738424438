package ingest.channel;

import ingest.envelope.Revision;
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
import java.util.stream.Collectors;
import java.util.stream.Stream;
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

  /** As the two parameters after {@code p}: rev and event. */
  static <R> int revisions(
      Connection tx,
      PreparedStatement statement,
      int p,
      Collection<R> rows,
      Function<R, Revision> of)
      throws SQLException {
    statement.setArray(p + 1, Columns.of(tx, "bigint", rows, row -> of.apply(row).rev()));
    statement.setArray(p + 2, Columns.of(tx, "uuid", rows, row -> of.apply(row).event()));
    return p + 2;
  }

  /**
   * Assignments, each after a comma, of columns that one revision orders: those of {@code told}
   * where they are newer than those of {@code known}. An equal revision is the same event.
   */
  static String newest(String told, String known, String group, String... columns) {
    return Stream.concat(Stream.of(columns), Stream.of(group + "_rev", group + "_ev"))
        .map(
            column ->
                ",%n        %2$s = CASE WHEN (%3$s.%1$s_rev, %3$s.%1$s_ev) > (%4$s.%1$s_rev, %4$s.%1$s_ev) THEN %3$s.%2$s ELSE %4$s.%2$s END"
                    .formatted(group, column, told, known))
        .collect(Collectors.joining());
  }
}
