package ingest.projection.charts;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.envelope.Envelope;
import ingest.envelope.InvalidEnvelope;
import ingest.envelope.Revision;
import ingest.projection.Projector;
import ingest.projection.Table;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * {@code charts.place.observed} into {@code public.chart_place}: a row for each streamer, with the
 * newest place it had. One column group: its fields always come together, so hours that are hidden
 * now are unset.
 */
public final class PlaceProjector implements Projector<PlaceProjector.Row> {

  /** One observation. */
  public record Row(
      String platform,
      String platformUserId,
      int rank,
      @Nullable BigDecimal hoursWatched,
      @Nullable BigDecimal hoursAhead,
      Instant at,
      Revision revision) {}

  private static final String UPSERT =
      """
      INSERT INTO chart_place AS p
          (platform, platform_user_id, rank, hours_watched, hours_ahead, seen_at, rev, ev)
      SELECT * FROM unnest(?::text[], ?::text[], ?::int[], ?::numeric[], ?::numeric[],
                           ?::timestamptz[], ?::bigint[], ?::uuid[])
      ON CONFLICT (platform, platform_user_id) DO UPDATE SET
          rank = excluded.rank, hours_watched = excluded.hours_watched,
          hours_ahead = excluded.hours_ahead, seen_at = excluded.seen_at,
          rev = excluded.rev, ev = excluded.ev
      WHERE (p.rev, p.ev) <= (excluded.rev, excluded.ev)
      """;

  @Override
  public String source() {
    return "charts";
  }

  @Override
  public String type() {
    return "charts.place.observed";
  }

  @Override
  public List<Table> tables() {
    return List.of(Table.of("chart_place"));
  }

  @Override
  public List<Row> rows(Envelope envelope) {
    JsonNode data = envelope.data();
    if (!data.path("platform_user_id").isTextual() || !data.path("rank").isInt()) {
      throw new InvalidEnvelope("data is not that of charts.place.observed/1");
    }
    return List.of(
        new Row(
            data.path("platform").asText(),
            data.path("platform_user_id").asText(),
            data.path("rank").intValue(),
            number(data.path("hours_watched")),
            number(data.path("hours_ahead")),
            envelope.time(),
            new Revision(envelope.rev(), envelope.rootId())));
  }

  @Override
  public void write(Connection tx, List<Row> rows) throws SQLException {
    Map<String, Row> newest = new TreeMap<>(); // by key: two batches lock rows in the same order
    for (Row row : rows) {
      newest.merge(
          row.platform + ":" + row.platformUserId,
          row,
          BinaryOperator.maxBy(Comparator.comparing(Row::revision)));
    }
    try (PreparedStatement upsert = tx.prepareStatement(UPSERT)) {
      int p = 0;
      upsert.setArray(++p, column(tx, "text", newest.values(), Row::platform));
      upsert.setArray(++p, column(tx, "text", newest.values(), Row::platformUserId));
      upsert.setArray(++p, column(tx, "int", newest.values(), Row::rank));
      upsert.setArray(++p, column(tx, "numeric", newest.values(), Row::hoursWatched));
      upsert.setArray(++p, column(tx, "numeric", newest.values(), Row::hoursAhead));
      upsert.setArray(
          ++p,
          column(
              tx,
              "timestamptz",
              newest.values(),
              row -> row.at.atOffset(ZoneOffset.UTC).toString()));
      upsert.setArray(++p, column(tx, "bigint", newest.values(), row -> row.revision.rev()));
      upsert.setArray(++p, column(tx, "uuid", newest.values(), row -> row.revision.event()));
      upsert.executeUpdate();
    }
  }

  private static java.sql.Array column(
      Connection tx, String type, Collection<Row> rows, Function<Row, @Nullable Object> column)
      throws SQLException {
    return tx.createArrayOf(type, rows.stream().map(column).toArray());
  }

  private static @Nullable BigDecimal number(JsonNode value) {
    return value.isNumber() ? value.decimalValue() : null;
  }
}
