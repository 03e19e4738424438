package ingest.projection.resend;

import ingest.projection.Columns;
import ingest.projection.Earliest;
import ingest.projection.Guarded;
import ingest.projection.Placed;
import ingest.projection.Table;
import ingest.projection.Told;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The one writer of {@code public.email_delivery}: the newest status of an e-mail, when it came to
 * each status first, and why it did not arrive. An event neither writes nor advances what it says
 * nothing of.
 */
final class EmailDelivery {
  /** What it writes. */
  static final Table TABLE = Table.of("email_delivery", "updated_at");

  /** Each has a column {@code <status>_at}. */
  private static final List<String> STATUSES =
      List.of(
          "scheduled",
          "sent",
          "delivered",
          "delivery_delayed",
          "bounced",
          "complained",
          "opened",
          "clicked",
          "failed",
          "suppressed");

  /** What an e-mail has come to. */
  record Status(String status, Instant at) {}

  /** Why a mail server refused it. */
  record Bounce(@Nullable String type, @Nullable String subtype) {}

  /**
   * What one event says of one e-mail; what is null is left alone.
   *
   * @param first when it came to each status that was told of
   */
  record Row(
      String emailId,
      Told<Status> status,
      Map<String, Instant> first,
      @Nullable Told<Bounce> bounce,
      @Nullable Told<String> failure,
      @Nullable Told<String> suppression)
      implements Placed {
    @Override
    public Place place() {
      return new Place("email_delivery", Map.of("email_id", emailId));
    }

    Row {
      first = Map.copyOf(first);
    }

    /** Of each group the newer one, of each status the first. */
    private Row with(Row other) {
      Map<String, Instant> earliest = new TreeMap<>(first);
      other.first.forEach((status, at) -> earliest.merge(status, at, Earliest::of));
      return new Row(
          emailId,
          status.revision().compareTo(other.status.revision()) <= 0 ? other.status : status,
          earliest,
          Told.newer(bounce, other.bounce),
          Told.newer(failure, other.failure),
          Told.newer(suppression, other.suppression));
    }
  }

  private static final List<Earliest> FIRST =
      STATUSES.stream().map(status -> new Earliest(status + "_at")).toList();

  private static final List<Guarded> GROUPS =
      List.of(
          new Guarded("status", List.of("status", "status_at")),
          new Guarded("bounce", List.of("bounce_type", "bounce_subtype")),
          new Guarded("failure", List.of("failure_reason")),
          new Guarded("suppression", List.of("suppression_type")));

  private static final String UPSERT =
      """
      INSERT INTO email_delivery AS s
          (email_id, status, status_at, status_rev, status_ev, bounce_type, bounce_subtype, bounce_rev, bounce_ev,
           failure_reason, failure_rev, failure_ev, suppression_type, suppression_rev, suppression_ev, %s)
      SELECT * FROM unnest(
          ?::text[], ?::text[], ?::timestamptz[], ?::bigint[], ?::uuid[], ?::text[], ?::text[], ?::bigint[], ?::uuid[],
          ?::text[], ?::bigint[], ?::uuid[], ?::text[], ?::bigint[], ?::uuid[], %s)
      ON CONFLICT (email_id) DO UPDATE SET %s, updated_at = now()
      WHERE %s
      """
          .formatted(
              FIRST.stream().map(Earliest::column).collect(Collectors.joining(", ")),
              FIRST.stream().map(first -> "?::timestamptz[]").collect(Collectors.joining(", ")),
              Stream.concat(
                      GROUPS.stream().flatMap(Guarded::assignments),
                      FIRST.stream().map(Earliest::assignment))
                  .collect(Collectors.joining(", ")),
              Stream.concat(
                      GROUPS.stream().map(Guarded::isNewer),
                      FIRST.stream().map(Earliest::isEarlier))
                  .collect(Collectors.joining(" OR ")));

  private EmailDelivery() {}

  /** Writes the newest of each e-mail and group, e-mails in the order of their ids. */
  static void write(Connection tx, List<Row> events) throws SQLException {
    Map<String, Row> newest = new TreeMap<>();
    events.forEach(row -> newest.merge(row.emailId, row, Row::with));
    Collection<Row> rows = newest.values();
    try (PreparedStatement upsert = tx.prepareStatement(UPSERT)) {
      int p = 0;
      upsert.setArray(++p, Columns.texts(tx, rows, Row::emailId));
      upsert.setArray(++p, Columns.texts(tx, rows, Told.column(Row::status, Status::status)));
      upsert.setArray(++p, Columns.times(tx, rows, Told.column(Row::status, Status::at)));
      upsert.setArray(++p, Columns.bigints(tx, rows, Told.rev(Row::status)));
      upsert.setArray(++p, Columns.uuids(tx, rows, Told.ev(Row::status)));
      upsert.setArray(++p, Columns.texts(tx, rows, Told.column(Row::bounce, Bounce::type)));
      upsert.setArray(++p, Columns.texts(tx, rows, Told.column(Row::bounce, Bounce::subtype)));
      upsert.setArray(++p, Columns.bigints(tx, rows, Told.rev(Row::bounce)));
      upsert.setArray(++p, Columns.uuids(tx, rows, Told.ev(Row::bounce)));
      upsert.setArray(++p, Columns.texts(tx, rows, Told.value(Row::failure)));
      upsert.setArray(++p, Columns.bigints(tx, rows, Told.rev(Row::failure)));
      upsert.setArray(++p, Columns.uuids(tx, rows, Told.ev(Row::failure)));
      upsert.setArray(++p, Columns.texts(tx, rows, Told.value(Row::suppression)));
      upsert.setArray(++p, Columns.bigints(tx, rows, Told.rev(Row::suppression)));
      upsert.setArray(++p, Columns.uuids(tx, rows, Told.ev(Row::suppression)));
      for (String status : STATUSES) {
        upsert.setArray(++p, Columns.times(tx, rows, row -> row.first.get(status)));
      }
      upsert.executeUpdate();
    }
  }
}
