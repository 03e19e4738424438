package ingest.sheets;

import ingest.outbox.Derived;
import ingest.outbox.Effect;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * That a sheet was compared and its changes told, in the commit of their events. It names the sync
 * that it compared with: where another one came in between, the commit fails as a whole, and the
 * next sync compares anew. A commit that is tried again finds its own sync, and writes the same.
 *
 * @param before the sync that was compared with; null where there was none
 * @param at the {@code dm} database's clock before the request
 */
record SheetSynced(
    String sheet, @Nullable UUID before, UUID sync, Instant at, Comparison comparison)
    implements Effect {
  private static final String SHEET =
      """
      INSERT INTO dm.sheet AS s (sheet, sync, synced_at, live_rows) VALUES (?, ?, ?, ?)
      ON CONFLICT (sheet) DO UPDATE
      SET sync = excluded.sync, synced_at = excluded.synced_at, live_rows = excluded.live_rows
      WHERE s.sync = excluded.sync OR s.sync = ?
      """;

  private static final String ROWS =
      """
      INSERT INTO dm.sheet_row (sheet, row_key, hash, deleted, changed_at)
      SELECT ?, row_key, decode(hash, 'hex'), deleted, ?
      FROM unnest(?::text[], ?::text[], ?::bool[]) AS t (row_key, hash, deleted)
      ON CONFLICT (sheet, row_key) DO UPDATE
      SET hash = excluded.hash, deleted = excluded.deleted, changed_at = excluded.changed_at
      """;

  @Override
  public List<Derived> write(Connection tx, Set<UUID> fresh) throws SQLException {
    OffsetDateTime time = at.atOffset(ZoneOffset.UTC);
    try (PreparedStatement upsert = tx.prepareStatement(SHEET)) {
      upsert.setString(1, sheet);
      upsert.setObject(2, sync);
      upsert.setObject(3, time);
      upsert.setInt(4, comparison.liveRows());
      upsert.setObject(5, before);
      if (upsert.executeUpdate() == 0) {
        throw new SQLException("the sheet %s was synced since it was read".formatted(sheet));
      }
    }
    List<Change> changes = comparison.changes();
    if (!changes.isEmpty()) {
      try (PreparedStatement upsert = tx.prepareStatement(ROWS)) {
        upsert.setString(1, sheet);
        upsert.setObject(2, time);
        upsert.setArray(3, tx.createArrayOf("text", changes.stream().map(Change::key).toArray()));
        upsert.setArray(4, tx.createArrayOf("text", changes.stream().map(Change::hash).toArray()));
        upsert.setArray(
            5, tx.createArrayOf("bool", changes.stream().map(Change::deleted).toArray()));
        upsert.executeUpdate();
      }
    }
    return List.of();
  }
}
