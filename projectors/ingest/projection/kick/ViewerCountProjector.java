package ingest.projection.kick;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.envelope.Envelope;
import ingest.envelope.InvalidEnvelope;
import ingest.envelope.Revision;
import ingest.projection.Projector;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * {@code kick.viewer_count.observed} into {@code public.channel_snapshot}.
 *
 * <p>Two column groups, each with its own order: the viewers (rev: microseconds of the poll) and
 * the stream, which webhooks report too ({@code stream_rev}: the same less Kick's lag). A count
 * that Kick left out neither writes nor advances the viewers.
 */
public final class ViewerCountProjector implements Projector<ViewerCountProjector.Row> {

  /** One observation; a null viewerCount or stream leaves its column group alone. */
  public record Row(
      String platform,
      String platformUserId,
      @Nullable String channelExternalId,
      @Nullable String slug,
      @Nullable Integer viewerCount,
      Instant viewersAt,
      Revision viewers,
      @Nullable Stream stream,
      Revision streamRevision) {}

  /** What is on, as far as Kick says; absent fields are unset. */
  public record Stream(
      @Nullable Boolean live,
      @Nullable Instant startedAt,
      @Nullable String title,
      @Nullable String language,
      @Nullable Boolean mature,
      @Nullable Long categoryId,
      @Nullable String categoryName) {}

  /**
   * Takes the rows of both groups in one order, without writing those that are there. Two batches
   * that see the viewers of one channel and the stream of another, crosswise, would deadlock.
   */
  private static final String LOCK =
      """
      INSERT INTO public.channel_snapshot (platform, platform_user_id)
      SELECT * FROM unnest(?::text[], ?::text[])
      ON CONFLICT (platform, platform_user_id) DO UPDATE SET platform = excluded.platform WHERE false
      """;

  private static final String UPSERT_VIEWERS =
      """
      INSERT INTO public.channel_snapshot AS s
          (platform, platform_user_id, viewer_count, viewers_at, viewers_rev, viewers_ev)
      SELECT * FROM unnest(?::text[], ?::text[], ?::int[], ?::timestamptz[], ?::bigint[], ?::uuid[])
      ON CONFLICT (platform, platform_user_id) DO UPDATE SET
          viewer_count = excluded.viewer_count, viewers_at = excluded.viewers_at,
          viewers_rev = excluded.viewers_rev, viewers_ev = excluded.viewers_ev, updated_at = now()
      WHERE (s.viewers_rev, s.viewers_ev) <= (excluded.viewers_rev, excluded.viewers_ev)
      """;

  private static final String UPSERT_STREAM =
      """
      INSERT INTO public.channel_snapshot AS s
          (platform, platform_user_id, channel_external_id, slug, is_live, stream_started_at, title,
           language, is_mature, category_id, category_name, stream_rev, stream_ev)
      SELECT * FROM unnest(
          ?::text[], ?::text[], ?::text[], ?::text[], ?::bool[], ?::timestamptz[], ?::text[],
          ?::text[], ?::bool[], ?::bigint[], ?::text[], ?::bigint[], ?::uuid[])
      ON CONFLICT (platform, platform_user_id) DO UPDATE SET
          channel_external_id = excluded.channel_external_id, slug = excluded.slug,
          is_live = excluded.is_live, stream_started_at = excluded.stream_started_at,
          title = excluded.title, language = excluded.language, is_mature = excluded.is_mature,
          category_id = excluded.category_id, category_name = excluded.category_name,
          stream_rev = excluded.stream_rev, stream_ev = excluded.stream_ev, updated_at = now()
      WHERE (s.stream_rev, s.stream_ev) <= (excluded.stream_rev, excluded.stream_ev)
      """;

  @Override
  public String source() {
    return "kick";
  }

  @Override
  public String type() {
    return "kick.viewer_count.observed";
  }

  @Override
  public List<Row> rows(Envelope envelope) {
    JsonNode data = envelope.data();
    if (!data.path("platform_user_id").isTextual()) {
      throw new InvalidEnvelope("data is not that of kick.viewer_count.observed/1");
    }
    JsonNode viewers = data.path("viewer_count");
    return List.of(
        new Row(
            data.path("platform").asText("kick"),
            data.path("platform_user_id").asText(),
            envelope.channelid(),
            text(data, "slug"),
            viewers.isInt() ? viewers.intValue() : null,
            envelope.time(),
            new Revision(envelope.rev(), envelope.rootId()),
            stream(data.path("stream")),
            new Revision(Long.parseLong(data.path("stream_rev").asText("0")), envelope.rootId())));
  }

  private static @Nullable Stream stream(JsonNode stream) {
    if (!stream.isObject()) {
      return null;
    }
    JsonNode category = stream.path("category");
    return new Stream(
        flag(stream, "is_live"),
        stream.has("started_at") ? Envelope.time(stream.path("started_at").asText()) : null,
        text(stream, "title"),
        text(stream, "language"),
        flag(stream, "is_mature"),
        category.path("id").isIntegralNumber() ? category.path("id").longValue() : null,
        text(category, "name"));
  }

  @Override
  public void write(Connection tx, List<Row> rows) throws SQLException {
    Map<String, Row> viewersByKey =
        newest(rows.stream().filter(r -> r.viewerCount != null).toList(), Row::viewers);
    Map<String, Row> streamsByKey =
        newest(rows.stream().filter(r -> r.stream != null).toList(), Row::streamRevision);
    Collection<Row> viewers = viewersByKey.values();
    Collection<Row> streams = streamsByKey.values();
    if (!viewersByKey.keySet().containsAll(streamsByKey.keySet())) {
      Map<String, Row> both = new TreeMap<>(viewersByKey);
      both.putAll(streamsByKey);
      try (PreparedStatement lock = tx.prepareStatement(LOCK)) {
        lock.setArray(1, column(tx, "text", both.values(), Row::platform));
        lock.setArray(2, column(tx, "text", both.values(), Row::platformUserId));
        lock.executeUpdate();
      }
    }
    if (!viewers.isEmpty()) {
      try (PreparedStatement upsert = tx.prepareStatement(UPSERT_VIEWERS)) {
        int p = 0;
        upsert.setArray(++p, column(tx, "text", viewers, Row::platform));
        upsert.setArray(++p, column(tx, "text", viewers, Row::platformUserId));
        upsert.setArray(++p, column(tx, "int", viewers, Row::viewerCount));
        upsert.setArray(++p, column(tx, "timestamptz", viewers, r -> utc(r.viewersAt)));
        upsert.setArray(++p, column(tx, "bigint", viewers, r -> r.viewers.rev()));
        upsert.setArray(++p, column(tx, "uuid", viewers, r -> r.viewers.event()));
        upsert.executeUpdate();
      }
    }
    if (streams.isEmpty()) {
      return;
    }
    try (PreparedStatement upsert = tx.prepareStatement(UPSERT_STREAM)) {
      int p = 0;
      upsert.setArray(++p, column(tx, "text", streams, Row::platform));
      upsert.setArray(++p, column(tx, "text", streams, Row::platformUserId));
      upsert.setArray(++p, column(tx, "text", streams, Row::channelExternalId));
      upsert.setArray(++p, column(tx, "text", streams, Row::slug));
      upsert.setArray(++p, column(tx, "bool", streams, r -> stream(r).live));
      upsert.setArray(++p, column(tx, "timestamptz", streams, r -> utc(stream(r).startedAt)));
      upsert.setArray(++p, column(tx, "text", streams, r -> stream(r).title));
      upsert.setArray(++p, column(tx, "text", streams, r -> stream(r).language));
      upsert.setArray(++p, column(tx, "bool", streams, r -> stream(r).mature));
      upsert.setArray(++p, column(tx, "bigint", streams, r -> stream(r).categoryId));
      upsert.setArray(++p, column(tx, "text", streams, r -> stream(r).categoryName));
      upsert.setArray(++p, column(tx, "bigint", streams, r -> r.streamRevision.rev()));
      upsert.setArray(++p, column(tx, "uuid", streams, r -> r.streamRevision.event()));
      upsert.executeUpdate();
    }
  }

  /** One row per channel, the newest, sorted by key: an upsert touches no row twice. */
  private static Map<String, Row> newest(List<Row> rows, Function<Row, Revision> revision) {
    Map<String, Row> newest = new TreeMap<>();
    for (Row row : rows) {
      newest.merge(
          row.platform + ":" + row.platformUserId,
          row,
          BinaryOperator.maxBy(Comparator.comparing(revision)));
    }
    return newest;
  }

  private interface Column {
    @Nullable Object of(Row row);
  }

  private static java.sql.Array column(
      Connection tx, String type, Collection<Row> rows, Column column) throws SQLException {
    return tx.createArrayOf(type, rows.stream().map(column::of).toArray());
  }

  private static Stream stream(Row row) {
    return Objects.requireNonNull(row.stream);
  }

  private static @Nullable Boolean flag(JsonNode node, String field) {
    return node.path(field).isBoolean() ? node.path(field).booleanValue() : null;
  }

  private static @Nullable String utc(@Nullable Instant time) {
    return time == null ? null : time.atOffset(ZoneOffset.UTC).toString();
  }

  private static @Nullable String text(JsonNode node, String field) {
    return node.path(field).isTextual() ? node.path(field).textValue() : null;
  }
}
