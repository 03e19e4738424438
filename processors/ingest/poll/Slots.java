package ingest.poll;

import ingest.store.DmDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * {@code dm.poll_slot}: which polls were claimed. The first instance to claim a slot polls it; a
 * slot whose poll came to nothing is not made up for, the next one is due soon enough.
 */
final class Slots {
  /** What is older than a day is forgotten: no timer fires that late. */
  private static final String CLAIM =
      """
      WITH forgotten AS (
          DELETE FROM dm.poll_slot WHERE poller = ? AND slot < ?::timestamptz - interval '1 day'
      )
      INSERT INTO dm.poll_slot AS s (poller, slot, run, claimed_at) VALUES (?, ?, ?, ingest.now())
      ON CONFLICT (poller, slot) DO UPDATE SET claimed_at = excluded.claimed_at WHERE s.run = excluded.run
      RETURNING ingest.clock() AS at
      """;

  private final DmDatabase dm;

  Slots(DmDatabase dm) {
    this.dm = dm;
  }

  /**
   * Claims a slot; again by the same run, too, which does not know whether it had.
   *
   * @return the database's clock, before the request; null when another run has the slot
   */
  @Nullable Instant claim(String poller, Instant slot, UUID run) throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement claim = connection.prepareStatement(CLAIM)) {
      claim.setString(1, poller);
      claim.setObject(2, slot.atOffset(ZoneOffset.UTC));
      claim.setString(3, poller);
      claim.setObject(4, slot.atOffset(ZoneOffset.UTC));
      claim.setObject(5, run);
      try (ResultSet row = claim.executeQuery()) {
        return row.next() ? row.getObject("at", OffsetDateTime.class).toInstant() : null;
      }
    }
  }
}
