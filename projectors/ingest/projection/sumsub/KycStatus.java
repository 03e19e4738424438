package ingest.projection.sumsub;

import ingest.envelope.Revision;
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
 * The one writer of {@code public.kyc_status}.
 *
 * <p>Its columns are in groups, each with a (rev, ev) of its own; an event neither writes nor
 * advances a group that it does not know. What happens once in the life of an applicant is the
 * earliest time that was told of it, and who was ever told to be of the sandbox stays there.
 */
final class KycStatus {
  /** What it writes. */
  static final Table TABLE = Table.of("kyc_status", "updated_at");

  /** How a review stood. */
  record Review(
      String status,
      @Nullable String answer,
      @Nullable String rejectType,
      @Nullable String level,
      Instant at) {}

  /** What one event says of one applicant; what is null is left alone. */
  record Row(
      String applicantId,
      boolean sandbox,
      @Nullable Told<String> user,
      @Nullable Told<String> type,
      @Nullable Told<Review> review,
      @Nullable Told<Boolean> active,
      @Nullable Instant deletedAt,
      @Nullable Instant personalDataDeletedAt)
      implements Placed {
    @Override
    public Place place() {
      return new Place("kyc_status", Map.of("applicant_id", applicantId));
    }

    Row activeIs(boolean now, Revision revision) {
      return new Row(
          applicantId,
          sandbox,
          user,
          type,
          review,
          new Told<>(now, revision),
          deletedAt,
          personalDataDeletedAt);
    }

    Row deleted(Instant at) {
      return new Row(applicantId, sandbox, user, type, review, active, at, personalDataDeletedAt);
    }

    Row personalDataDeleted(Instant at) {
      return new Row(applicantId, sandbox, user, type, review, active, deletedAt, at);
    }

    /** Of each group the newer one. */
    private Row with(Row other) {
      return new Row(
          applicantId,
          sandbox || other.sandbox,
          Told.newer(user, other.user),
          Told.newer(type, other.type),
          Told.newer(review, other.review),
          Told.newer(active, other.active),
          Earliest.of(deletedAt, other.deletedAt),
          Earliest.of(personalDataDeletedAt, other.personalDataDeletedAt));
    }
  }

  private static final List<Guarded> GROUPS =
      List.of(
          new Guarded("user", List.of("external_user_id")),
          new Guarded("type", List.of("applicant_type")),
          new Guarded(
              "review",
              List.of("review_status", "review_answer", "reject_type", "level", "review_at")),
          new Guarded("active", List.of("active")));

  private static final List<Earliest> ONCE =
      List.of(new Earliest("deleted_at"), new Earliest("personal_data_deleted_at"));

  private static final String UPSERT =
      """
      INSERT INTO kyc_status AS s
          (applicant_id, sandbox, external_user_id, user_rev, user_ev, applicant_type, type_rev, type_ev,
           review_status, review_answer, reject_type, level, review_at, review_rev, review_ev,
           active, active_rev, active_ev, deleted_at, personal_data_deleted_at)
      SELECT * FROM unnest(
          ?::text[], ?::bool[], ?::text[], ?::bigint[], ?::uuid[], ?::text[], ?::bigint[], ?::uuid[],
          ?::text[], ?::text[], ?::text[], ?::text[], ?::timestamptz[], ?::bigint[], ?::uuid[],
          ?::bool[], ?::bigint[], ?::uuid[], ?::timestamptz[], ?::timestamptz[])
      ON CONFLICT (applicant_id) DO UPDATE SET
          sandbox = s.sandbox OR excluded.sandbox, %s, updated_at = now()
      WHERE (excluded.sandbox AND NOT s.sandbox) OR %s
      """
          .formatted(
              Stream.concat(
                      GROUPS.stream().flatMap(Guarded::assignments),
                      ONCE.stream().map(Earliest::assignment))
                  .collect(Collectors.joining(", ")),
              Stream.concat(
                      GROUPS.stream().map(Guarded::isNewer), ONCE.stream().map(Earliest::isEarlier))
                  .collect(Collectors.joining(" OR ")));

  private KycStatus() {}

  /** Writes the newest of each applicant and group, applicants in the order of their ids. */
  static void write(Connection tx, List<Row> events) throws SQLException {
    Map<String, Row> newest = new TreeMap<>();
    events.forEach(row -> newest.merge(row.applicantId, row, Row::with));
    Collection<Row> rows = newest.values();
    try (PreparedStatement upsert = tx.prepareStatement(UPSERT)) {
      int p = 0;
      upsert.setArray(++p, Columns.texts(tx, rows, Row::applicantId));
      upsert.setArray(++p, Columns.flags(tx, rows, Row::sandbox));
      upsert.setArray(++p, Columns.texts(tx, rows, Told.value(Row::user)));
      upsert.setArray(++p, Columns.bigints(tx, rows, Told.rev(Row::user)));
      upsert.setArray(++p, Columns.uuids(tx, rows, Told.ev(Row::user)));
      upsert.setArray(++p, Columns.texts(tx, rows, Told.value(Row::type)));
      upsert.setArray(++p, Columns.bigints(tx, rows, Told.rev(Row::type)));
      upsert.setArray(++p, Columns.uuids(tx, rows, Told.ev(Row::type)));
      upsert.setArray(++p, Columns.texts(tx, rows, Told.column(Row::review, Review::status)));
      upsert.setArray(++p, Columns.texts(tx, rows, Told.column(Row::review, Review::answer)));
      upsert.setArray(++p, Columns.texts(tx, rows, Told.column(Row::review, Review::rejectType)));
      upsert.setArray(++p, Columns.texts(tx, rows, Told.column(Row::review, Review::level)));
      upsert.setArray(++p, Columns.times(tx, rows, Told.column(Row::review, Review::at)));
      upsert.setArray(++p, Columns.bigints(tx, rows, Told.rev(Row::review)));
      upsert.setArray(++p, Columns.uuids(tx, rows, Told.ev(Row::review)));
      upsert.setArray(++p, Columns.flags(tx, rows, Told.value(Row::active)));
      upsert.setArray(++p, Columns.bigints(tx, rows, Told.rev(Row::active)));
      upsert.setArray(++p, Columns.uuids(tx, rows, Told.ev(Row::active)));
      upsert.setArray(++p, Columns.times(tx, rows, Row::deletedAt));
      upsert.setArray(++p, Columns.times(tx, rows, Row::personalDataDeletedAt));
      upsert.executeUpdate();
    }
  }
}
