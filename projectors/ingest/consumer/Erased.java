package ingest.consumer;

import ingest.envelope.Envelope;
import ingest.envelope.Persons;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which events of a batch name somebody who was erased here after they happened. Almost every batch
 * is younger than the last erasure, and is not looked at.
 */
final class Erased {
  /** The type that erases; it is applied before all others of its batch. */
  static final String TYPE = "subject.erased";

  /**
   * An erasure waits for the batches that are on their way and holds up those that follow, or one
   * of them might write what the erasure cannot see yet. What was erased last is asked under that
   * lock, in the same round trip.
   */
  private static final String BEGIN =
      """
      SELECT pg_advisory_xact_lock%s(hashtextextended('public.erased_subject', 0));
      SELECT max(until) FROM public.erased_subject
      """;

  private static final String LATEST = "SELECT max(until) FROM public.erased_subject";

  private static final String SALTS =
      "SELECT salt, bool_or(names) AS names FROM public.erased_subject WHERE until >= ? GROUP BY salt";

  private static final String KNOWN =
      "SELECT hash, until FROM public.erased_subject WHERE hash = ANY (?)";

  private Erased() {}

  /**
   * Begins the transaction of a batch; {@code erasing}: it erases somebody itself.
   *
   * @return until when what was erased here at all
   */
  static @Nullable Instant begin(Connection tx, boolean erasing) throws SQLException {
    try (Statement statement = tx.createStatement()) {
      statement.execute(BEGIN.formatted(erasing ? "" : "_shared"));
      statement.getMoreResults(); // of the lock there is nothing to read
      try (ResultSet row = statement.getResultSet()) {
        return time(row);
      }
    }
  }

  /** The same once more, after the erasure. */
  static @Nullable Instant latest(Connection tx) throws SQLException {
    try (PreparedStatement query = tx.prepareStatement(LATEST);
        ResultSet row = query.executeQuery()) {
      return time(row);
    }
  }

  private static @Nullable Instant time(ResultSet row) throws SQLException {
    row.next();
    OffsetDateTime latest = row.getObject(1, OffsetDateTime.class);
    return latest == null ? null : latest.toInstant();
  }

  /** The ids of those events that must not be projected. */
  static Set<UUID> of(Connection tx, Collection<Envelope> events, @Nullable Instant latest)
      throws SQLException {
    Set<UUID> erased = new HashSet<>();
    if (latest == null) {
      return erased;
    }
    Map<String, Set<Envelope>> named = new HashMap<>();
    Instant oldest = events.stream().map(Envelope::time).min(Instant::compareTo).orElse(latest);
    if (!oldest.isAfter(latest)) {
      salts(tx, oldest)
          .forEach(
              (salt, names) -> {
                for (Envelope event : events) {
                  if (!event.time().isAfter(latest) && !event.type().equals(TYPE)) {
                    Persons.in(event, names)
                        .forEach(
                            identity ->
                                named
                                    .computeIfAbsent(
                                        Persons.pseudonym(salt, identity), h -> new HashSet<>())
                                    .add(event));
                  }
                }
              });
    }
    if (!named.isEmpty()) {
      known(tx, named.keySet())
          .forEach(
              (hash, until) ->
                  named.getOrDefault(hash, Set.of()).stream()
                      .filter(event -> !event.time().isAfter(until))
                      .forEach(event -> erased.add(event.id())));
    }
    return erased;
  }

  private static Map<String, Boolean> salts(Connection tx, Instant oldest) throws SQLException {
    Map<String, Boolean> salts = new HashMap<>();
    try (PreparedStatement query = tx.prepareStatement(SALTS)) {
      query.setObject(1, oldest.atOffset(ZoneOffset.UTC));
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          salts.put(rows.getString("salt"), rows.getBoolean("names"));
        }
      }
    }
    return salts;
  }

  private static Map<String, Instant> known(Connection tx, Set<String> hashes) throws SQLException {
    Map<String, Instant> known = new HashMap<>();
    try (PreparedStatement query = tx.prepareStatement(KNOWN)) {
      query.setArray(1, tx.createArrayOf("text", hashes.toArray()));
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          known.put(
              rows.getString("hash"), rows.getObject("until", OffsetDateTime.class).toInstant());
        }
      }
    }
    return known;
  }
}
