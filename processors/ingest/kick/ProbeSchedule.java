package ingest.kick;

import ingest.outbox.Derived;
import ingest.outbox.Effect;
import ingest.poll.ChannelPage;
import ingest.poll.DueChannel;
import ingest.store.Columns;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * That a page's channels were asked for: each is due again a period after its slot, which keeps the
 * rhythm. The period is that of what is known of the channel now, whoever told it. Also for a
 * channel that Kick left out. Fenced by the claim's token.
 */
record ProbeSchedule(ChannelPage page, ProbePeriods periods) implements Effect {
  /**
   * After what the events change of channels. What a webhook made due after the claim stays so; not
   * what the events of this very commit made due, as they are of the poll.
   */
  private static final String PROBED =
      """
      WITH p AS MATERIALIZED (
          SELECT s.channel_id, p.slot, p.polled_at, c.is_live,
                 make_interval(secs => CASE WHEN c.is_live THEN ? WHEN s.was_live THEN ? ELSE ? END) AS period
          FROM unnest(?::bigint[], ?::timestamptz[], ?::timestamptz[]) AS p(channel_id, slot, polled_at)
          JOIN dm.probe_schedule s USING (channel_id)
          JOIN dm.streamer_channel c ON c.id = s.channel_id
          WHERE s.token = ?
          ORDER BY s.channel_id FOR UPDATE OF s
      )
      UPDATE dm.probe_schedule s
      SET last_probed_at = p.polled_at, period = p.period, live = p.is_live, was_live = s.was_live OR p.is_live,
          next_probe_at = CASE WHEN s.next_probe_at > p.polled_at AND s.next_probe_at <> ingest.now() THEN s.next_probe_at
                               ELSE dm.slot(p.slot, p.period, p.polled_at) + p.period END,
          leased_until = NULL, token = NULL
      FROM p
      WHERE s.channel_id = p.channel_id
      """;

  @Override
  public List<Derived> write(Connection tx, Set<UUID> fresh) throws SQLException {
    try (PreparedStatement update = tx.prepareStatement(PROBED)) {
      update.setLong(1, periods.live().toSeconds());
      update.setLong(2, periods.offline().toSeconds());
      update.setLong(3, periods.neverLive().toSeconds());
      update.setArray(4, Columns.of(tx, "bigint", page.channels(), DueChannel::channelId));
      update.setArray(
          5,
          Columns.of(
              tx,
              "timestamptz",
              page.channels(),
              c -> c.slot().atOffset(ZoneOffset.UTC).toString()));
      update.setArray(
          6,
          Columns.of(
              tx,
              "timestamptz",
              page.channels(),
              c -> c.polledAt().atOffset(ZoneOffset.UTC).toString()));
      update.setObject(7, page.token());
      update.executeUpdate();
    }
    return List.of();
  }
}
