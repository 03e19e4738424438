package ingest.kick;

import ingest.outbox.Derived;
import ingest.outbox.Effect;
import ingest.poll.ChannelPage;
import ingest.poll.DueChannel;
import ingest.store.Columns;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * What a reconciliation came to, in {@code dm.event_subscription} and {@code
 * dm.event_subscription_refusal}. Fenced by the claim's token, so it stands before {@code
 * ChannelsPolled}, which ends the claim: who lost it writes nothing, and what he made Kick lists to
 * the next one.
 */
record SubscriptionsKept(ChannelPage page, Reconciliation reconciliation) implements Effect {
  /** How long it is told that there was one. */
  static final Duration GONE = Duration.ofDays(30);

  private static final String CLAIMED =
      "SELECT FROM dm.channel_poll WHERE poller = ? AND channel_id = ? AND token = ? FOR UPDATE";

  private static final String LISTED =
      """
      INSERT INTO dm.event_subscription
          (channel_id, subscription_id, event, version, status, created_at, seen_at)
      SELECT ?, l.id, l.event, l.version, 'active', l.created_at, ?::timestamptz
      FROM unnest(?::text[], ?::text[], ?::text[], ?::timestamptz[]) AS l(id, event, version, created_at)
      ON CONFLICT (channel_id, subscription_id) DO UPDATE SET
          status = 'active', event = excluded.event, version = excluded.version,
          created_at = excluded.created_at, seen_at = excluded.seen_at
      """;

  private static final String MADE =
      """
      INSERT INTO dm.event_subscription AS s
          (channel_id, subscription_id, event, version, status, created_at)
      SELECT ?, m.id, m.event, ?, 'requested', ?::timestamptz
      FROM unnest(?::text[], ?::text[]) AS m(id, event)
      ON CONFLICT (channel_id, subscription_id) DO UPDATE SET
          status = 'requested', created_at = excluded.created_at
      WHERE s.status = 'gone'
      """;

  private static final String GONE_NOW =
      """
      UPDATE dm.event_subscription SET status = 'gone'
      WHERE channel_id = ? AND status <> 'gone' AND subscription_id <> ALL (?::text[])
      """;

  private static final String FORGOTTEN =
      """
      DELETE FROM dm.event_subscription
      WHERE channel_id = ? AND status = 'gone' AND coalesce(seen_at, created_at) < ?::timestamptz
      """;

  private static final String NO_LONGER_REFUSED =
      "DELETE FROM dm.event_subscription_refusal WHERE channel_id = ? AND event <> ALL (?::text[])";

  private static final String REFUSED =
      """
      INSERT INTO dm.event_subscription_refusal (channel_id, event, reason, since, at)
      SELECT ?, r.event, r.reason, ?::timestamptz, ?::timestamptz
      FROM unnest(?::text[], ?::text[]) AS r(event, reason)
      ON CONFLICT (channel_id, event) DO UPDATE SET reason = excluded.reason, at = excluded.at
      """;

  @Override
  public List<Derived> write(Connection tx, Set<UUID> fresh) throws SQLException {
    DueChannel channel = page.channels().get(0);
    long id = channel.channelId();
    if (!claimed(tx, id)) {
      return List.of();
    }
    String at = channel.polledAt().atOffset(ZoneOffset.UTC).toString();
    List<Reconciliation.Listed> listed = reconciliation.listed();
    List<Reconciliation.Made> made = reconciliation.made();
    List<Map.Entry<String, String>> refused = List.copyOf(reconciliation.refused().entrySet());
    run(
        tx,
        LISTED,
        id,
        at,
        Columns.of(tx, "text", listed, Reconciliation.Listed::id),
        Columns.of(tx, "text", listed, Reconciliation.Listed::event),
        Columns.of(tx, "text", listed, Reconciliation.Listed::version),
        Columns.of(
            tx, "timestamptz", listed, l -> l.createdAt().atOffset(ZoneOffset.UTC).toString()));
    run(
        tx,
        MADE,
        id,
        SubscriptionRules.VERSION,
        at,
        Columns.of(tx, "text", made, Reconciliation.Made::id),
        Columns.of(tx, "text", made, Reconciliation.Made::event));
    run(tx, GONE_NOW, id, tx.createArrayOf("text", there().toArray()));
    run(tx, FORGOTTEN, id, channel.polledAt().minus(GONE).atOffset(ZoneOffset.UTC).toString());
    run(tx, NO_LONGER_REFUSED, id, Columns.of(tx, "text", refused, Map.Entry::getKey));
    run(
        tx,
        REFUSED,
        id,
        at,
        at,
        Columns.of(tx, "text", refused, Map.Entry::getKey),
        Columns.of(tx, "text", refused, Map.Entry::getValue));
    return List.of();
  }

  private List<String> there() {
    return Stream.of(
            reconciliation.listed().stream().map(Reconciliation.Listed::id),
            reconciliation.made().stream().map(Reconciliation.Made::id),
            reconciliation.awaited().stream())
        .flatMap(ids -> ids)
        .toList();
  }

  private boolean claimed(Connection tx, long channel) throws SQLException {
    try (PreparedStatement query = tx.prepareStatement(CLAIMED)) {
      query.setString(1, page.poller());
      query.setLong(2, channel);
      query.setObject(3, page.token());
      try (ResultSet rows = query.executeQuery()) {
        return rows.next();
      }
    }
  }

  private static void run(Connection tx, String sql, Object... values) throws SQLException {
    try (PreparedStatement statement = tx.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i]);
      }
      statement.executeUpdate();
    }
  }
}
