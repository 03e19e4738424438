package ingest.projection.dm;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.envelope.Envelope;
import ingest.envelope.Revision;
import ingest.projection.Columns;
import ingest.projection.Fields;
import ingest.projection.Projector;
import ingest.projection.Table;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * {@code channel.claimed} into {@code public.streamer_channel_link}, or, where another streamer
 * holds the verified claim, into {@code public.channel_claim}.
 *
 * <p>The first verified claim of a channel to be applied holds, whatever the revisions say: a claim
 * that was held is not taken away by one that comes late. Claims of one batch are applied in the
 * order in which they stand in it. The revision orders what one streamer says of one channel.
 */
public final class ClaimedProjector implements Projector<Claim> {
  /**
   * One consumer at a time decides about a channel. Sorted by what is locked, so that two batches
   * never wait for each other here; held until the commit, which whoever waits then sees.
   */
  private static final String LOCK =
      """
      SELECT pg_advisory_xact_lock(k) FROM (
          SELECT DISTINCT hashtextextended('public.streamer_channel_link ' || c, 0) AS k
          FROM unnest(?::bigint[]) c ORDER BY k) keys
      """;

  /** The holders of the channels, and what the claiming streamers have of them. */
  private static final String LINKS =
      """
      SELECT streamer_id, channel_id, verified, rev, ev
      FROM streamer_channel_link WHERE verified AND channel_id = ANY (?)
      UNION
      SELECT l.streamer_id, l.channel_id, l.verified, l.rev, l.ev
      FROM unnest(?::int[], ?::bigint[]) c (streamer_id, channel_id)
      JOIN streamer_channel_link l USING (streamer_id, channel_id)
      """;

  private static final String REFUSED =
      "SELECT event_id FROM channel_claim WHERE event_id = ANY (?)";

  /** Released first: the unique index looks at each row as it comes. */
  private static final String UPSERT_LINKS =
      """
      INSERT INTO streamer_channel_link AS l
          (streamer_id, channel_id, verified, claimed_at, rev, ev)
      SELECT * FROM unnest(?::int[], ?::bigint[], ?::bool[], ?::timestamptz[], ?::bigint[], ?::uuid[])
          AS c (streamer_id, channel_id, verified, claimed_at, rev, ev)
      ORDER BY verified, channel_id, streamer_id
      ON CONFLICT (streamer_id, channel_id) DO UPDATE SET
          verified = excluded.verified, claimed_at = excluded.claimed_at,
          rev = excluded.rev, ev = excluded.ev
      WHERE (l.rev, l.ev) <= (excluded.rev, excluded.ev)
      """;

  /** A refusal stays as it was decided. */
  private static final String INSERT_REFUSALS =
      """
      INSERT INTO channel_claim
          (event_id, streamer_id, channel_id, platform, platform_user_id, claimed_at, held_by, reason)
      SELECT *, 'held' FROM unnest(
          ?::uuid[], ?::int[], ?::bigint[], ?::text[], ?::text[], ?::timestamptz[], ?::int[])
      ON CONFLICT (event_id) DO NOTHING
      """;

  @Override
  public String source() {
    return "dm";
  }

  @Override
  public String type() {
    return "channel.claimed";
  }

  @Override
  public List<Table> tables() {
    return List.of(Table.of("streamer_channel_link"), Table.of("channel_claim", "refused_at"));
  }

  /** History goes by the time of the claims, and what is claimed meanwhile comes before it. */
  @Override
  public @Nullable String notRebuilt() {
    return "of two claims the one that came first holds, and the archive does not tell which that was";
  }

  @Override
  public List<Claim> rows(Envelope envelope) {
    JsonNode data = envelope.data();
    return List.of(
        new Claim(
            Fields.required(Fields.integer(data, "streamer_id"), envelope),
            Fields.required(Fields.bigint(data, "channel_id"), envelope),
            Fields.required(Fields.text(data, "platform"), envelope),
            Fields.required(Fields.text(data, "platform_user_id"), envelope),
            Fields.required(Fields.flag(data, "verified"), envelope),
            Fields.required(Fields.time(data, "claimed_at"), envelope),
            Fields.revision(envelope)));
  }

  @Override
  public void write(Connection tx, List<Claim> claims) throws SQLException {
    lock(tx, claims);
    Decisions decisions = new Decisions(refused(tx, claims));
    links(tx, claims, decisions);
    claims.forEach(decisions::decide);
    writeLinks(tx, decisions.links());
    writeRefusals(tx, decisions.refusals());
  }

  private static void lock(Connection tx, List<Claim> claims) throws SQLException {
    try (PreparedStatement lock = tx.prepareStatement(LOCK)) {
      lock.setArray(1, Columns.bigints(tx, claims, Claim::channelId));
      lock.execute();
    }
  }

  private static Set<UUID> refused(Connection tx, List<Claim> claims) throws SQLException {
    Set<UUID> refused = new HashSet<>();
    try (PreparedStatement query = tx.prepareStatement(REFUSED)) {
      query.setArray(1, Columns.uuids(tx, claims, Claim::event));
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          refused.add(rows.getObject(1, UUID.class));
        }
      }
    }
    return refused;
  }

  private static void links(Connection tx, List<Claim> claims, Decisions decisions)
      throws SQLException {
    try (PreparedStatement query = tx.prepareStatement(LINKS)) {
      query.setArray(1, Columns.bigints(tx, claims, Claim::channelId));
      query.setArray(2, Columns.ints(tx, claims, Claim::streamerId));
      query.setArray(3, Columns.bigints(tx, claims, Claim::channelId));
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          decisions.found(
              new Claim.Link(rows.getInt(1), rows.getLong(2)),
              rows.getBoolean(3),
              new Revision(rows.getLong(4), rows.getObject(5, UUID.class)));
        }
      }
    }
  }

  private static void writeLinks(Connection tx, Collection<Claim> claims) throws SQLException {
    if (claims.isEmpty()) {
      return;
    }
    try (PreparedStatement upsert = tx.prepareStatement(UPSERT_LINKS)) {
      int p = 0;
      upsert.setArray(++p, Columns.ints(tx, claims, Claim::streamerId));
      upsert.setArray(++p, Columns.bigints(tx, claims, Claim::channelId));
      upsert.setArray(++p, Columns.flags(tx, claims, Claim::verified));
      upsert.setArray(++p, Columns.times(tx, claims, Claim::claimedAt));
      upsert.setArray(++p, Columns.bigints(tx, claims, claim -> claim.revision().rev()));
      upsert.setArray(++p, Columns.uuids(tx, claims, Claim::event));
      upsert.executeUpdate();
    }
  }

  private static void writeRefusals(Connection tx, Collection<Decisions.Refusal> refusals)
      throws SQLException {
    if (refusals.isEmpty()) {
      return;
    }
    try (PreparedStatement insert = tx.prepareStatement(INSERT_REFUSALS)) {
      int p = 0;
      insert.setArray(++p, Columns.uuids(tx, refusals, refusal -> refusal.claim().event()));
      insert.setArray(++p, Columns.ints(tx, refusals, refusal -> refusal.claim().streamerId()));
      insert.setArray(++p, Columns.bigints(tx, refusals, refusal -> refusal.claim().channelId()));
      insert.setArray(++p, Columns.texts(tx, refusals, refusal -> refusal.claim().platform()));
      insert.setArray(
          ++p, Columns.texts(tx, refusals, refusal -> refusal.claim().platformUserId()));
      insert.setArray(++p, Columns.times(tx, refusals, refusal -> refusal.claim().claimedAt()));
      insert.setArray(++p, Columns.ints(tx, refusals, Decisions.Refusal::heldBy));
      insert.executeUpdate();
    }
  }
}
