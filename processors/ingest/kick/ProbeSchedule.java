package ingest.kick;

import ingest.outbox.Derived;
import ingest.outbox.Effect;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * That a page's channels were asked for: each is due again a period after its slot, which keeps the
 * rhythm. Also for a channel that Kick left out. Fenced by the claim's token.
 */
record ProbeSchedule(Page page) implements Effect {
  private static final String PROBED =
      """
      UPDATE dm.probe_schedule s
      SET last_probed_at = p.polled_at, next_probe_at = p.slot + s.period, leased_until = NULL, token = NULL
      FROM unnest(?::bigint[], ?::timestamptz[], ?::timestamptz[]) AS p(channel_id, slot, polled_at)
      WHERE s.channel_id = p.channel_id AND s.token = ?
      """;

  @Override
  public List<Derived> write(Connection tx, Set<UUID> fresh) throws SQLException {
    try (PreparedStatement update = tx.prepareStatement(PROBED)) {
      update.setArray(
          1,
          tx.createArrayOf(
              "bigint", page.channels().stream().map(DueChannel::channelId).toArray()));
      update.setArray(
          2,
          tx.createArrayOf(
              "timestamptz",
              page.channels().stream()
                  .map(c -> c.slot().atOffset(ZoneOffset.UTC).toString())
                  .toArray()));
      update.setArray(
          3,
          tx.createArrayOf(
              "timestamptz",
              page.channels().stream()
                  .map(c -> c.polledAt().atOffset(ZoneOffset.UTC).toString())
                  .toArray()));
      update.setObject(4, page.token());
      update.executeUpdate();
    }
    return List.of();
  }
}
