package ingest.channel;

import ingest.store.Columns;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Writes {@code dm.stream_session}: one row for each stream that any event named, the same whatever
 * the order in which the events came.
 *
 * <p>It adds up what was seen (the last time live, the peak, the samples) and keeps the newest of
 * what was said (title, details, end). A stream is open as long as no end of it was reported and
 * the newest that is known of its channel is that it runs. So an offline poll ends it where the
 * webhook was lost, another stream takes its place, and it is open again when a poll that looked
 * offline was a fault of the upstream's; what was reported as its end stays. What comes late adds
 * its sample and whatever else is newest, and opens nothing.
 *
 * <p>An end that does not name its stream says no more than a poll of a channel that is offline:
 * which stream it meant would depend on what had come before.
 */
final class Sessions {
  /**
   * One statement for all, after the channels' rows were written, and with that locked, in the same
   * transaction. {@code was} and {@code passed} see the sessions as they were before it; {@code
   * told} and {@code passed} have no row in common.
   */
  private static final String WRITE =
      """
      WITH t AS MATERIALIZED (
          SELECT * FROM unnest(?::bigint[], ?::timestamptz[], ?::timestamptz[],
                               ?::timestamptz[], ?::bigint[], ?::uuid[],
                               ?::text[], ?::bigint[], ?::uuid[],
                               ?::text[], ?::boolean[], ?::bigint[], ?::text[], ?::bigint[], ?::uuid[],
                               ?::integer[], ?::integer[], ?::bigint[])
              AS t(channel_id, started_at, last_live_at, reported_end, end_rev, end_ev,
                   title, title_rev, title_ev,
                   language, is_mature, category_id, category_name, details_rev, details_ev,
                   peak_viewers, viewer_samples, viewer_sum)
      ), was AS MATERIALIZED (
          SELECT s.id, s.is_open FROM t JOIN dm.stream_session s USING (channel_id, started_at)
      ), told AS (
          INSERT INTO dm.stream_session AS s
              (channel_id, started_at, is_open, last_live_at, reported_end, end_rev, end_ev,
               title, title_rev, title_ev,
               language, is_mature, category_id, category_name, details_rev, details_ev,
               peak_viewers, viewer_samples, viewer_sum)
          SELECT t.channel_id, t.started_at,
                 t.reported_end IS NULL AND c.is_live AND c.stream_started_at IS NOT DISTINCT FROM t.started_at,
                 t.last_live_at, t.reported_end, t.end_rev, t.end_ev,
                 t.title, t.title_rev, t.title_ev,
                 t.language, t.is_mature, t.category_id, t.category_name, t.details_rev, t.details_ev,
                 t.peak_viewers, t.viewer_samples, t.viewer_sum
          FROM t JOIN dm.streamer_channel c ON c.id = t.channel_id
          ON CONFLICT (channel_id, started_at) DO UPDATE SET
              is_open = excluded.is_open AND s.reported_end IS NULL,
              last_live_at = greatest(s.last_live_at, excluded.last_live_at),
              peak_viewers = greatest(s.peak_viewers, excluded.peak_viewers),
              viewer_samples = s.viewer_samples + excluded.viewer_samples,
              viewer_sum = s.viewer_sum + excluded.viewer_sum%s%s%s
          RETURNING s.id, s.channel_id, s.is_open, s.reported_end
      ), passed AS (
          UPDATE dm.stream_session s SET is_open = false
          FROM dm.streamer_channel c
          WHERE c.id = ANY (?) AND s.channel_id = c.id AND s.ended_at IS NULL
            AND NOT (c.is_live AND c.stream_started_at IS NOT DISTINCT FROM s.started_at)
            AND NOT EXISTS (SELECT FROM t WHERE (t.channel_id, t.started_at) = (s.channel_id, s.started_at))
          RETURNING s.id
      )
      SELECT count(*) FILTER (WHERE told.is_open AND NOT coalesce(was.is_open, false)) AS opened,
             count(*) FILTER (WHERE was.is_open AND told.reported_end IS NOT NULL) AS reported,
             count(*) FILTER (WHERE was.is_open AND NOT told.is_open AND told.reported_end IS NULL)
                 + (SELECT count(*) FROM passed) AS inferred,
             array_agg(told.channel_id) FILTER (WHERE told.is_open AND NOT coalesce(was.is_open, false)) AS live
      FROM told LEFT JOIN was USING (id)
      """
          .formatted(
              ChannelColumns.newest("excluded", "s", "end", "reported_end"),
              ChannelColumns.newest("excluded", "s", "title", "title"),
              ChannelColumns.newest(
                  "excluded",
                  "s",
                  "details",
                  "language",
                  "is_mature",
                  "category_id",
                  "category_name"));

  /**
   * Whoever told of the stream, it is asked for now: that a channel is live is news of which a
   * webhook has but the beginning. The time is the transaction's, by which a poll that is being
   * committed knows its own news. A claim that runs is left alone, so nobody asks twice at once.
   */
  private static final String DUE =
      """
      WITH news AS MATERIALIZED (
          SELECT channel_id FROM dm.probe_schedule WHERE channel_id = ANY (?) AND NOT live
          ORDER BY channel_id FOR UPDATE
      )
      UPDATE dm.probe_schedule s SET live = true, was_live = true, next_probe_at = ingest.now()
      FROM news WHERE s.channel_id = news.channel_id
      """;

  private final ChannelMetrics metrics;

  Sessions(ChannelMetrics metrics) {
    this.metrics = metrics;
  }

  /**
   * Tells what was seen of streams, in the transaction that holds the rows of their channels; no
   * statement where nothing was.
   *
   * @param ids {@code dm.streamer_channel.id} of each channel that was seen
   */
  void write(Connection tx, Collection<Sighting> seen, Map<ChannelKey, Long> ids)
      throws SQLException {
    List<Long> channels =
        seen.stream()
            .filter(s -> s.stream() != null)
            .map(s -> Objects.requireNonNull(ids.get(s.channel())))
            .distinct()
            .sorted()
            .toList();
    if (channels.isEmpty()) {
      return;
    }
    List<Evidence> rows = Evidence.of(seen);
    try (PreparedStatement write = tx.prepareStatement(WRITE)) {
      int p = 0;
      write.setArray(++p, Columns.of(tx, "bigint", rows, e -> ids.get(e.stream().channel())));
      write.setArray(++p, ChannelColumns.times(tx, rows, e -> e.stream().startedAt()));
      write.setArray(++p, ChannelColumns.times(tx, rows, e -> e.lastLive()));
      write.setArray(++p, ChannelColumns.times(tx, rows, e -> e.end().value()));
      p = ChannelColumns.revisions(tx, write, p, rows, e -> e.end().revision());
      write.setArray(++p, Columns.of(tx, "text", rows, e -> e.title().value()));
      p = ChannelColumns.revisions(tx, write, p, rows, e -> e.title().revision());
      write.setArray(++p, details(tx, "text", rows, Sighting.Details::language));
      write.setArray(++p, details(tx, "boolean", rows, Sighting.Details::mature));
      write.setArray(++p, details(tx, "bigint", rows, Sighting.Details::categoryId));
      write.setArray(++p, details(tx, "text", rows, Sighting.Details::categoryName));
      p = ChannelColumns.revisions(tx, write, p, rows, e -> e.details().revision());
      write.setArray(++p, Columns.of(tx, "integer", rows, Evidence::peak));
      write.setArray(++p, Columns.of(tx, "integer", rows, Evidence::samples));
      write.setArray(++p, Columns.of(tx, "bigint", rows, Evidence::sum));
      write.setArray(++p, Columns.of(tx, "bigint", channels, id -> id));
      try (ResultSet told = write.executeQuery()) {
        told.next();
        metrics.sessions(told.getInt("opened"), told.getInt("reported"), told.getInt("inferred"));
        java.sql.Array live = told.getArray("live");
        if (live != null) {
          due(tx, live);
        }
      }
    }
  }

  private static void due(Connection tx, java.sql.Array channels) throws SQLException {
    try (PreparedStatement due = tx.prepareStatement(DUE)) {
      due.setArray(1, channels);
      due.executeUpdate();
    }
  }

  private static java.sql.Array details(
      Connection tx,
      String type,
      Collection<Evidence> rows,
      Function<Sighting.Details, @Nullable Object> value)
      throws SQLException {
    return Columns.of(
        tx,
        type,
        rows,
        e -> {
          Sighting.Details told = e.details().value();
          return told == null ? null : value.apply(told);
        });
  }
}
