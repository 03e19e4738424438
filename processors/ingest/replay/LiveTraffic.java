package ingest.replay;

import ingest.delivery.Target;
import ingest.store.DmDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;

/** How far live deliveries are, which a replay gives way to, and is read behind. */
public final class LiveTraffic {
  /**
   * Of what is due and was never refused the oldest. What was refused waits for its own next try,
   * and that may be hours away. A target that is not live is not waited for: nothing is sent to it.
   */
  private static final String BEHIND =
      """
      SELECT extract(epoch FROM ingest.now() - min(o.created_at))
      FROM (
          SELECT day, chunk FROM ingest.delivery_chunk
          WHERE target = ? AND status = 0 AND EXISTS (SELECT FROM ingest.target WHERE name = ? AND mode = 'live')
          ORDER BY chunk LIMIT 1
      ) c JOIN ingest.ingest_outbox o USING (day, chunk)
      """;

  /** Each by its index; of chunks that wait the first is the oldest. */
  private static final String UNARCHIVED =
      """
      SELECT min(o.created_at)
      FROM (
          (SELECT day, chunk FROM ingest.delivery_chunk WHERE target = ? AND status = 0 ORDER BY chunk LIMIT 1)
          UNION ALL
          (SELECT day, chunk FROM ingest.delivery_chunk WHERE target = ? AND status = 2 ORDER BY chunk LIMIT 1)
          UNION ALL
          (SELECT day, chunk FROM ingest.delivery_item WHERE target = ? AND status = 'pending' ORDER BY chunk LIMIT 1)
      ) c JOIN ingest.ingest_outbox o USING (day, chunk)
      """;

  private final DmDatabase dm;

  public LiveTraffic(DmDatabase dm) {
    this.dm = dm;
  }

  /** How old the oldest event is that is on its way to a live target. */
  public Duration behind(String target) throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(BEHIND)) {
      query.setString(1, target);
      query.setString(2, target);
      try (ResultSet rows = query.executeQuery()) {
        rows.next();
        return Duration.ofMillis((long) (rows.getDouble(1) * 1000));
      }
    }
  }

  /** Since when what was accepted may not be in the archive; null where all of it is. */
  public @Nullable Instant unarchivedSince() throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(UNARCHIVED)) {
      for (int p = 1; p <= 3; p++) {
        query.setString(p, Target.CLICKHOUSE);
      }
      try (ResultSet rows = query.executeQuery()) {
        rows.next();
        OffsetDateTime since = rows.getObject(1, OffsetDateTime.class);
        return since == null ? null : since.toInstant();
      }
    }
  }
}
