package ingest.erasure;

import com.fasterxml.jackson.databind.node.TextNode;
import ingest.operation.Held;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

/**
 * What {@code dm} keeps beside the events: the channel of the person with all that hangs on it,
 * what scrapers answered of it, rows of sheets, and what operators asked for by its name. One
 * transaction.
 */
final class StatePart {
  /** Of these tables each row of the person's channels goes, those that are referred to last. */
  static final List<String> OF_CHANNELS =
      List.of(
          "dm.event_subscription_refusal",
          "dm.event_subscription",
          "dm.scrape_job",
          "dm.channel_poll",
          "dm.account_missing",
          "dm.kick_follow_event",
          "dm.stream_session",
          "dm.probe_schedule",
          "dm.streamer_channel_slug_history");

  /** A channel that came again afterwards is news, and stays. */
  private static final String CHANNELS =
      """
      SELECT c.id, c.current_slug, c.observed_slug,
             ARRAY(SELECT slug FROM dm.streamer_channel_slug_history h WHERE h.channel_id = c.id AND slug IS NOT NULL) AS slugs
      FROM dm.streamer_channel c
      WHERE (c.platform, c.platform_user_id) IN (
          SELECT split_part(i, ':', 1), substr(i, position(':' IN i) + 1) FROM unnest(?::text[]) i)
        AND c.first_seen_at <= ?
      """;

  /** Of pages of channels that nobody knew yet only the address tells whose they were. */
  private static final String PAGES =
      """
      %s FROM dm.scrape_log
      WHERE channel_id = ANY (?)
         OR (channel_id IS NULL AND EXISTS (
             SELECT FROM unnest(?::text[]) n WHERE n IN (
                 SELECT split_part(part, '?', 1) FROM unnest(string_to_array(lower(target), '/')) part)))
         OR lower(concat_ws(' ', target, response, error)) ~ ANY (?)
      """;

  private static final String ROWS_OF_SHEETS =
      """
      %s FROM dm.sheet_row
      WHERE lower(row_key) ~ ANY (?) OR 'sheet:' || sheet || ':' || row_key = ANY (?)
      """;

  /** Texts that others wrote of themselves and that have an address or a name of the person. */
  private static final List<List<String>> TEXTS =
      List.of(
          List.of("dm.streamer_channel", "bio", "id"),
          List.of("dm.streamer_channel", "display_name", "id"),
          List.of("dm.stream_session", "title", "channel_id"));

  private static final String SKIPPED_PAGES =
      "UPDATE dm.skipped_page SET channel_ids = array_remove(channel_ids, ?) WHERE ? = ANY (channel_ids)";

  /** What was asked for of them by name before, in replays and the like. */
  private static final List<List<String>> WISHES =
      List.of(List.of("ingest.audit", "what"), List.of("ingest.operation", "request"));

  private StatePart() {}

  static void page(Connection tx, Erasure erasure, Held held) throws SQLException {
    Person person = erasure.person();
    boolean act = !erasure.dryRun();
    List<String> slugs = channels(tx, erasure);
    Object[] numbers = person.channels().toArray();
    Tally tally = new Tally(held, act);
    for (String table : OF_CHANNELS) {
      tally.add(
          tx,
          "%s FROM " + table + " WHERE channel_id = ANY (?)",
          tx.createArrayOf("bigint", numbers));
    }
    if (act) {
      for (Object number : numbers) {
        try (PreparedStatement update = tx.prepareStatement(SKIPPED_PAGES)) {
          update.setObject(1, number);
          update.setObject(2, number);
          update.executeUpdate();
        }
      }
    }
    Array texts = tx.createArrayOf("text", patterns(person).toArray());
    tally.add(
        tx,
        PAGES,
        tx.createArrayOf("bigint", numbers),
        tx.createArrayOf("text", slugs.toArray()),
        texts);
    tally.add(
        tx, "%s FROM dm.streamer_channel WHERE id = ANY (?)", tx.createArrayOf("bigint", numbers));
    tally.add(tx, ROWS_OF_SHEETS, texts, tx.createArrayOf("text", decoded(person).toArray()));
    for (List<String> text : TEXTS) {
      tally.update(
          tx,
          text.get(0),
          "%s = NULL".formatted(text.get(1)),
          "lower(%s) ~ ANY (?) AND NOT %s = ANY (?)".formatted(text.get(1), text.get(2)),
          texts,
          tx.createArrayOf("bigint", numbers));
    }
    for (List<String> wish : WISHES) {
      for (String identity : person.identities()) {
        tally.wish(tx, wish.get(0), wish.get(1), identity);
      }
    }
  }

  /** Learns dm's numbers of the person's channels; returns the names that these had. */
  private static List<String> channels(Connection tx, Erasure erasure) throws SQLException {
    List<String> slugs = new ArrayList<>();
    try (PreparedStatement query = tx.prepareStatement(CHANNELS)) {
      query.setArray(1, tx.createArrayOf("text", erasure.person().identities().toArray()));
      query.setObject(2, erasure.until().atOffset(ZoneOffset.UTC));
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          erasure.person().learn(Person.CHANNEL + rows.getLong("id"));
          slugs.addAll(List.of((String[]) rows.getArray("slugs").getArray()));
        }
      }
    }
    return slugs;
  }

  /** Addresses and names as whole words, for PostgreSQL's regular expressions. */
  private static List<String> patterns(Person person) {
    return person.texts().stream()
        .map(
            text ->
                "(^|[^[:alnum:]_])%s($|[^[:alnum:]_])"
                    .formatted(text.replaceAll("[^\\p{L}\\p{N}_@ -]", "\\\\$0")))
        .toList();
  }

  /** Subjects of rows of sheets, as their keys are. */
  private static List<String> decoded(Person person) {
    return person.identities().stream()
        .filter(i -> i.startsWith("sheet:"))
        .map(i -> URLDecoder.decode(i, StandardCharsets.UTF_8))
        .toList();
  }

  /** Counts what there is, and removes it where that is wanted. */
  private record Tally(Held held, boolean act) {
    /** {@code statement}: with the verb left out. */
    void add(Connection tx, String statement, Object... values) throws SQLException {
      String verb = act ? "DELETE" : "SELECT count(*)";
      book(run(tx, statement.formatted(verb), values));
    }

    void update(Connection tx, String table, String set, String where, Object... values)
        throws SQLException {
      book(
          run(
              tx,
              act
                  ? "UPDATE %s SET %s WHERE %s".formatted(table, set, where)
                  : "SELECT count(*) FROM %s WHERE %s".formatted(table, where),
              values));
    }

    /** An identity as a whole text of a JSON value. */
    void wish(Connection tx, String table, String column, String identity) throws SQLException {
      String quoted = TextNode.valueOf(identity).toString();
      if (act) {
        book(
            run(
                tx,
                "UPDATE %1$s SET %2$s = CAST(replace(CAST(%2$s AS text), ?, '\"erased\"') AS jsonb) WHERE position(? IN CAST(%2$s AS text)) > 0"
                    .formatted(table, column),
                quoted,
                quoted));
      } else {
        book(
            run(
                tx,
                "SELECT count(*) FROM %1$s WHERE position(? IN CAST(%2$s AS text)) > 0"
                    .formatted(table, column),
                quoted));
      }
    }

    private long run(Connection tx, String statement, Object... values) throws SQLException {
      try (PreparedStatement prepared = tx.prepareStatement(statement)) {
        for (int i = 0; i < values.length; i++) {
          prepared.setObject(i + 1, values[i]);
        }
        if (act) {
          return prepared.executeUpdate();
        }
        try (ResultSet row = prepared.executeQuery()) {
          row.next();
          return row.getLong(1);
        }
      }
    }

    private void book(long rows) {
      held.count("dm.found", rows);
      if (act) {
        held.count("dm.erased", rows);
      }
    }
  }
}
