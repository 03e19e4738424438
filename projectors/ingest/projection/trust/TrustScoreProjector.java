package ingest.projection.trust;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.envelope.Envelope;
import ingest.envelope.Revision;
import ingest.projection.Columns;
import ingest.projection.Fields;
import ingest.projection.Placed;
import ingest.projection.Projector;
import ingest.projection.Table;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code trust_score.computed} into {@code public.streamer_trust_scores}, the newest of each
 * channel.
 *
 * <p>Where a legacy environment has a table of that name, which is its old writer's, nothing is
 * written; that is said once. A replay fills the table when it has come to our shape.
 */
public final class TrustScoreProjector implements Projector<TrustScoreProjector.Row> {
  /** The score of a channel at a time. */
  record Row(
      long channel,
      String platform,
      String platformUserId,
      double score,
      Instant computedAt,
      Revision revision,
      @Nullable Double low,
      @Nullable Double high,
      @Nullable Integer formula,
      @Nullable String components)
      implements Placed {
    @Override
    public Place place() {
      return new Place("streamer_trust_scores", Map.of("channel_id", channel));
    }
  }

  private static final Logger LOG = LoggerFactory.getLogger(TrustScoreProjector.class);

  private static final String IS_OURS =
      """
      SELECT EXISTS (SELECT FROM information_schema.columns
                     WHERE table_schema = 'public' AND table_name = 'streamer_trust_scores'
                       AND column_name = 'components')
      """;

  private static final String UPSERT =
      """
      INSERT INTO streamer_trust_scores AS s
          (channel_id, platform, platform_user_id, score, computed_at, rev, ev, band_low, band_high, formula, components)
      SELECT channel_id, platform, platform_user_id, score, computed_at, rev, ev, band_low, band_high, formula,
             components::jsonb
      FROM unnest(?::bigint[], ?::text[], ?::text[], ?::float8[], ?::timestamptz[], ?::bigint[], ?::uuid[],
                  ?::float8[], ?::float8[], ?::int[], ?::text[])
          AS t (channel_id, platform, platform_user_id, score, computed_at, rev, ev, band_low, band_high, formula,
                components)
      ON CONFLICT (channel_id) DO UPDATE SET
          platform = excluded.platform, platform_user_id = excluded.platform_user_id, score = excluded.score,
          computed_at = excluded.computed_at, rev = excluded.rev, ev = excluded.ev, band_low = excluded.band_low,
          band_high = excluded.band_high, formula = excluded.formula, components = excluded.components
      WHERE (s.rev, s.ev) <= (excluded.rev, excluded.ev)
      """;

  private final AtomicBoolean told = new AtomicBoolean();

  @Override
  public String source() {
    return "trust-score";
  }

  @Override
  public String type() {
    return "trust_score.computed";
  }

  @Override
  public List<Table> tables() {
    return List.of(Table.of("streamer_trust_scores"));
  }

  @Override
  public List<Row> rows(Envelope envelope) {
    JsonNode data = envelope.data();
    return List.of(
        new Row(
            Fields.required(Fields.bigint(data, "channel_id"), envelope),
            Fields.required(Fields.text(data, "platform"), envelope),
            Fields.required(Fields.text(data, "platform_user_id"), envelope),
            Fields.required(number(data, "score"), envelope),
            envelope.time(),
            Fields.revision(envelope),
            number(data, "band_low"),
            number(data, "band_high"),
            Fields.integer(data, "formula"),
            data.path("components").isObject() ? data.path("components").toString() : null));
  }

  private static @Nullable Double number(JsonNode data, String field) {
    return data.path(field).isNumber() ? data.path(field).doubleValue() : null;
  }

  @Override
  public void write(Connection tx, List<Row> rows) throws SQLException {
    if (!ours(tx)) {
      return;
    }
    Map<Long, Row> newest = new TreeMap<>();
    rows.forEach(
        row ->
            newest.merge(
                row.channel,
                row,
                (one, other) -> one.revision.compareTo(other.revision) <= 0 ? other : one));
    Collection<Row> all = newest.values();
    try (PreparedStatement upsert = tx.prepareStatement(UPSERT)) {
      int p = 0;
      upsert.setArray(++p, Columns.bigints(tx, all, Row::channel));
      upsert.setArray(++p, Columns.texts(tx, all, Row::platform));
      upsert.setArray(++p, Columns.texts(tx, all, Row::platformUserId));
      upsert.setArray(++p, Columns.doubles(tx, all, Row::score));
      upsert.setArray(++p, Columns.times(tx, all, Row::computedAt));
      upsert.setArray(++p, Columns.bigints(tx, all, row -> row.revision.rev()));
      upsert.setArray(++p, Columns.uuids(tx, all, row -> row.revision.event()));
      upsert.setArray(++p, Columns.doubles(tx, all, Row::low));
      upsert.setArray(++p, Columns.doubles(tx, all, Row::high));
      upsert.setArray(++p, Columns.ints(tx, all, Row::formula));
      upsert.setArray(++p, Columns.texts(tx, all, Row::components));
      upsert.executeUpdate();
    }
  }

  private boolean ours(Connection tx) throws SQLException {
    try (PreparedStatement query = tx.prepareStatement(IS_OURS);
        ResultSet row = query.executeQuery()) {
      row.next();
      if (row.getBoolean(1)) {
        return true;
      }
    }
    if (!told.getAndSet(true)) {
      LOG.warn(
          "public.streamer_trust_scores is not of our making: trust scores are not projected here");
    }
    return false;
  }
}
