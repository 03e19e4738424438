package ingest.claim;

import ingest.channel.Channels;
import ingest.channel.Renamed;
import ingest.channel.Sighting;
import ingest.envelope.Envelope;
import ingest.envelope.EventType;
import ingest.envelope.EventTypes;
import ingest.mapping.Arrival;
import ingest.outbox.Derived;
import ingest.outbox.Effect;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;

/**
 * What a claim changes: its channel is known, named and tracked, and the environment that asked,
 * and no other, is told. Idempotent: nothing of it hangs on whether the claim was known before.
 */
final class Claimed implements Effect {
  /**
   * A channel that is tracked already keeps its schedule; who verified it decides whether it goes
   * before others, no more, so an old claim that is posted again may do so too. Kick's alone: the
   * pollers of other platforms find their channels by themselves.
   */
  private static final String TRACK =
      """
      WITH tracked AS (
          INSERT INTO dm.probe_schedule AS s (channel_id, next_probe_at, verified_by)
          SELECT id, ingest.now(), CASE WHEN ? THEN ARRAY[?] ELSE '{}' END
          FROM dm.streamer_channel WHERE id = ? AND platform = 'kick'
          ON CONFLICT (channel_id) DO UPDATE
          SET verified_by = array_remove(s.verified_by, ?) || excluded.verified_by
          WHERE (? = ANY (s.verified_by)) <> (excluded.verified_by <> '{}')
      )
      SELECT external_id FROM dm.streamer_channel WHERE id = ?
      """;

  private final Claim claim;
  private final Arrival arrival;
  private final Channels channels;
  private final EventTypes types;

  Claimed(Claim claim, Arrival arrival, Channels channels, EventTypes types) {
    this.claim = claim;
    this.arrival = arrival;
    this.channels = channels;
    this.types = types;
  }

  @Override
  public List<Derived> write(Connection tx, Set<UUID> fresh) throws SQLException {
    EventType type = InternalClaims.type(types);
    Envelope order = claim.event(type, arrival);
    Sighting sighting =
        Sighting.named(
            claim.channel(),
            claim.slug(),
            Instant.EPOCH.plus(order.rev(), ChronoUnit.MICROS),
            order.id(),
            arrival.traceparent());
    Channels.Upserted upserted = channels.upsert(tx, List.of(sighting));
    long channelId = Objects.requireNonNull(upserted.ids().get(claim.channel()));
    String externalId = track(tx, channelId);
    List<Derived> derived = new ArrayList<>(Renamed.events(upserted.renames(), types));
    derived.add(
        new Derived(
            claim.event(type, arrival, channelId).of(externalId), List.of(claim.environment())));
    return derived;
  }

  private String track(Connection tx, long channelId) throws SQLException {
    String who = claim.environment() + ":" + claim.streamerId();
    try (PreparedStatement statement = tx.prepareStatement(TRACK)) {
      statement.setBoolean(1, claim.verified());
      statement.setString(2, who);
      statement.setLong(3, channelId);
      statement.setString(4, who);
      statement.setString(5, who);
      statement.setLong(6, channelId);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return row.getString("external_id");
      }
    }
  }
}
