package ingest.projection.dm;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.envelope.Envelope;
import ingest.projection.Fields;
import ingest.projection.Guarded;
import ingest.projection.Projector;
import ingest.projection.Table;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * {@code subject.erased}: removes what this environment knows of somebody, and puts them into
 * {@code public.erased_subject}, so that the consumer passes over whatever of that comes again.
 *
 * <p>It is part of no table's rebuild: the consumer passes over who was erased there, too, and an
 * erasure ends a rebuild that is open.
 *
 * <p>It tells nobody's name: rows are found by the salted hash of their key, which reads each table
 * once. What is younger than the erasure stays, column group by column group: a replay of it takes
 * nothing that came after.
 */
public final class ErasedProjector implements Projector<ErasedProjector.Row> {
  /** Whom an event erases, and up to when. */
  record Row(UUID event, String salt, boolean names, Instant until, List<String> hashes) {
    Row {
      hashes = List.copyOf(hashes);
    }
  }

  /** A table whose rows are of one identity each, and the groups of columns that have revisions. */
  private record Place(String table, String identity, List<Guarded> groups) {}

  private static final String CHANNEL = "s.platform || ':' || s.platform_user_id";

  private static final List<Place> PLACES =
      List.of(
          new Place(
              "channel_snapshot",
              CHANNEL,
              List.of(
                  new Guarded("viewers", List.of("viewer_count", "viewers_at")),
                  new Guarded("slug", List.of("slug")),
                  new Guarded("live", List.of("is_live", "stream_started_at")),
                  new Guarded("title", List.of("title")),
                  new Guarded(
                      "stream", List.of("language", "is_mature", "category_id", "category_name")),
                  new Guarded("followers", List.of("follower_count", "followers_at")))),
          new Place(
              "kyc_status",
              "'sumsub:' || s.applicant_id",
              List.of(
                  new Guarded("user", List.of("external_user_id")),
                  new Guarded("type", List.of("applicant_type")),
                  new Guarded(
                      "review",
                      List.of(
                          "review_status", "review_answer", "reject_type", "level", "review_at")),
                  new Guarded("active", List.of("active")))),
          new Place(
              "email_delivery",
              "'resend:' || s.email_id",
              List.of(
                  new Guarded("status", List.of("status", "status_at")),
                  new Guarded("bounce", List.of("bounce_type", "bounce_subtype")),
                  new Guarded("failure", List.of("failure_reason")),
                  new Guarded("suppression", List.of("suppression_type")))));

  /** A legacy table of this name has these columns too. */
  private static final String SCORES =
      """
      DELETE FROM streamer_trust_scores s
      WHERE encode(sha256(convert_to(? || %s, 'UTF8')), 'hex') = ANY (?) AND s.computed_at <= ?
      """
          .formatted(CHANNEL);

  private static final String CLAIMS =
      """
      DELETE FROM channel_claim s
      WHERE encode(sha256(convert_to(? || %s, 'UTF8')), 'hex') = ANY (?) AND s.claimed_at <= ?
      """
          .formatted(CHANNEL);

  /** {@code dm}'s number of the channel is an identity, too. */
  private static final String LINKS =
      """
      DELETE FROM streamer_channel_link s
      WHERE encode(sha256(convert_to(? || 'channel:' || s.channel_id, 'UTF8')), 'hex') = ANY (?)
        AND s.claimed_at <= ?
      """;

  /** Who is erased once more is so up to the later time. */
  private static final String REMEMBER =
      """
      INSERT INTO erased_subject AS e (hash, salt, names, until, event_id)
      SELECT DISTINCT h, ?, ?, ?, ? FROM unnest(?::text[]) h
      ON CONFLICT (hash) DO UPDATE SET until = excluded.until, event_id = excluded.event_id
      WHERE e.until < excluded.until
      """;

  private static final String THERE = "SELECT to_regclass(?) IS NOT NULL";

  @Override
  public String source() {
    return "dm";
  }

  @Override
  public String type() {
    return "subject.erased";
  }

  /** Of what others make it only removes. */
  @Override
  public List<Table> tables() {
    return List.of(Table.of("erased_subject"));
  }

  @Override
  public String notRebuilt() {
    return "who was erased stays so";
  }

  @Override
  public List<Row> rows(Envelope envelope) {
    JsonNode data = envelope.data();
    List<String> hashes = new ArrayList<>();
    data.path("hashes").forEach(hash -> hashes.add(hash.asText()));
    return List.of(
        new Row(
            envelope.rootId(),
            Fields.required(Fields.text(data, "salt"), envelope),
            Fields.required(Fields.flag(data, "names"), envelope),
            Fields.required(Fields.time(data, "until"), envelope),
            hashes));
  }

  @Override
  public void write(Connection tx, List<Row> rows) throws SQLException {
    for (Row row : rows) {
      remember(tx, row);
      for (Place place : PLACES) {
        long until = Envelope.micros(row.until);
        update(tx, forget(place, until), row);
        update(tx, remove(place, until), row);
      }
      for (String statement : List.of(CLAIMS, LINKS, SCORES)) {
        if (!statement.equals(SCORES) || there(tx, "public.streamer_trust_scores")) {
          updateUntil(tx, statement, row);
        }
      }
    }
  }

  private static void remember(Connection tx, Row row) throws SQLException {
    try (PreparedStatement insert = tx.prepareStatement(REMEMBER)) {
      insert.setString(1, row.salt);
      insert.setBoolean(2, row.names);
      insert.setObject(3, row.until.atOffset(ZoneOffset.UTC));
      insert.setObject(4, row.event);
      insert.setArray(5, tx.createArrayOf("text", row.hashes.toArray()));
      insert.executeUpdate();
    }
  }

  /** Of rows that have younger groups, the older ones. */
  private static String forget(Place place, long until) {
    String sets =
        place.groups().stream()
            .flatMap(
                group ->
                    Stream.concat(
                        group.columns().stream()
                            .map(column -> column + " = " + older(group, until, "NULL", column)),
                        Stream.of(
                            group.prefix()
                                + "_rev = "
                                + older(group, until, "0", group.prefix() + "_rev"))))
            .collect(Collectors.joining(", "));
    String any =
        place.groups().stream()
            .map(group -> "s.%s_rev BETWEEN 1 AND %d".formatted(group.prefix(), until))
            .collect(Collectors.joining(" OR "));
    return "UPDATE %s s SET %s WHERE %s AND (%s)".formatted(place.table(), sets, isOne(place), any);
  }

  private static String older(Guarded group, long until, String than, String column) {
    return "CASE WHEN s.%s_rev <= %d THEN %s ELSE s.%s END"
        .formatted(group.prefix(), until, than, column);
  }

  /** Rows that have nothing younger. */
  private static String remove(Place place, long until) {
    return "DELETE FROM %s s WHERE %s AND greatest(%s) <= %d"
        .formatted(
            place.table(),
            isOne(place),
            place.groups().stream()
                .map(group -> "s." + group.prefix() + "_rev")
                .collect(Collectors.joining(", ")),
            until);
  }

  private static String isOne(Place place) {
    return "encode(sha256(convert_to(? || %s, 'UTF8')), 'hex') = ANY (?)"
        .formatted(place.identity());
  }

  private static void update(Connection tx, String statement, Row row) throws SQLException {
    try (PreparedStatement update = tx.prepareStatement(statement)) {
      update.setString(1, row.salt);
      update.setArray(2, tx.createArrayOf("text", row.hashes.toArray()));
      update.executeUpdate();
    }
  }

  private static void updateUntil(Connection tx, String statement, Row row) throws SQLException {
    try (PreparedStatement update = tx.prepareStatement(statement)) {
      update.setString(1, row.salt);
      update.setArray(2, tx.createArrayOf("text", row.hashes.toArray()));
      update.setObject(3, row.until.atOffset(ZoneOffset.UTC));
      update.executeUpdate();
    }
  }

  private static boolean there(Connection tx, String table) throws SQLException {
    try (PreparedStatement query = tx.prepareStatement(THERE)) {
      query.setString(1, table);
      try (ResultSet row = query.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    }
  }
}
