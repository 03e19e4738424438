package ingest.balance;

import ingest.envelope.EventId;
import ingest.store.ClickHouse;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * The archive's side. Its rows are ordered by the time that they tell, and hardly any tells another
 * than its id: what is looked for by id is looked for around that time first.
 */
final class Archive {
  /** What tells of times before that may be gone; the archive keeps 13 months. */
  static final Duration KEEPS = Duration.ofDays(365);

  private static final Duration USUALLY_WITHIN = Duration.ofDays(2);

  /** Ids of one query: each is 39 characters of its address. */
  private static final int PAGE = 500;

  private static final String ID_MILLIS =
      "reinterpretAsUInt64(reverse(substring(UUIDToNum(event_id), 1, 6)))";

  private static final String WHERE =
      """
      WHERE replayof IS NULL AND %1$s >= {first:UInt64} AND %1$s < {end:UInt64}
        AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
      """
          .formatted(ID_MILLIS);

  private static final String MINUTES =
      """
      SELECT intDiv(%s, 60000) AS minute, toDate(created_at) AS day, type, count(),
             groupBitXor(reinterpretAsUInt64(reverse(substring(UUIDToNum(event_id), 9, 8))))
      FROM vf.raw_events %s GROUP BY minute, day, type FORMAT TabSeparated
      """
          .formatted(ID_MILLIS, WHERE);

  /** A set, so without the view's FINAL. */
  private static final String IDS =
      "SELECT toString(event_id), toDate(created_at), type FROM vf.raw_events_log "
          + WHERE
          + " FORMAT TabSeparated";

  private static final String THERE =
      """
      SELECT toString(event_id) FROM vf.raw_events_log
      WHERE replayof IS NULL AND event_id IN {ids:Array(UUID)}
        AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
      FORMAT TabSeparated
      """;

  private static final String ENVELOPES =
      """
      SELECT event_id, any(envelope) FROM vf.raw_events_log
      WHERE replayof IS NULL AND event_id IN {ids:Array(UUID)}
        AND time >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND time < fromUnixTimestamp64Milli({until:Int64}, 'UTC')
      GROUP BY event_id ORDER BY event_id FORMAT JSONCompactEachRow
      """;

  /** By the day of the commit and the type, minute by minute of the ids. */
  record Content(Map<Accepted.TypeOfDay, Map<Long, Digest>> parts) {
    /** What there is in all. */
    Map<Long, Digest> minutes() {
      Map<Long, Digest> sum = new HashMap<>();
      parts.values().forEach(p -> p.forEach((m, digest) -> sum.merge(m, digest, Digest::and)));
      return sum;
    }

    /** What there is of some types of some days. */
    Map<Long, Digest> of(Set<Accepted.TypeOfDay> which) {
      Map<Long, Digest> sum = new HashMap<>();
      parts.forEach(
          (part, minutes) -> {
            if (which.contains(part)) {
              minutes.forEach((m, digest) -> sum.merge(m, digest, Digest::and));
            }
          });
      return sum;
    }
  }

  private final ClickHouse clickHouse;

  Archive(ClickHouse clickHouse) {
    this.clickHouse = clickHouse;
  }

  Content minutes(Span span) throws IOException, InterruptedException {
    Map<Accepted.TypeOfDay, Map<Long, Digest>> parts = new HashMap<>();
    clickHouse
        .text(MINUTES, around(span, USUALLY_WITHIN))
        .lines()
        .map(line -> line.split("\t", -1))
        .forEach(
            cells ->
                parts
                    .computeIfAbsent(
                        new Accepted.TypeOfDay(LocalDate.parse(cells[1]), cells[2]),
                        t -> new HashMap<>())
                    .put(
                        Long.valueOf(cells[0]),
                        new Digest(Long.parseLong(cells[3]), Long.parseUnsignedLong(cells[4]))));
    return new Content(parts);
  }

  /** The ids of a span, with the type and the day of their commit. */
  Map<UUID, Accepted.TypeOfDay> ids(Span span) throws IOException, InterruptedException {
    Map<UUID, Accepted.TypeOfDay> ids = new HashMap<>();
    clickHouse
        .text(IDS, around(span, USUALLY_WITHIN))
        .lines()
        .map(line -> line.split("\t", -1))
        .forEach(
            cells ->
                ids.put(
                    UUID.fromString(cells[0]),
                    new Accepted.TypeOfDay(LocalDate.parse(cells[1]), cells[2])));
    return ids;
  }

  /** Of some ids those that are there. {@code times}: what they tell, as far as it is known. */
  Set<UUID> there(Collection<UUID> ids, Map<UUID, Instant> times)
      throws IOException, InterruptedException {
    Set<UUID> there = new HashSet<>();
    for (List<UUID> page : pages(ids)) {
      clickHouse
          .text(THERE, of(page, times))
          .lines()
          .filter(line -> !line.isEmpty())
          .map(UUID::fromString)
          .forEach(there::add);
    }
    return there;
  }

  /** Their envelopes, word for word, one line of JSON for each: the id and the envelope. */
  List<String> envelopes(Collection<UUID> ids) throws IOException, InterruptedException {
    List<String> lines = new ArrayList<>();
    for (List<UUID> page : pages(ids)) {
      clickHouse
          .text(ENVELOPES, of(page, Map.of()))
          .lines()
          .filter(line -> !line.isEmpty())
          .forEach(lines::add);
    }
    return lines;
  }

  private static Map<String, String> around(Span span, Duration margin) {
    return Map.of(
        "first", Long.toString(span.from().toEpochMilli()),
        "end", Long.toString(span.to().toEpochMilli()),
        "since", millis(span.from().minus(margin)),
        "until", millis(span.to().plus(margin)));
  }

  private static Map<String, String> of(List<UUID> ids, Map<UUID, Instant> times) {
    Instant since = Instant.MAX;
    Instant until = Instant.MIN;
    for (UUID id : ids) {
      Instant told = EventId.time(id);
      Instant time = times.getOrDefault(id, told);
      since = earlier(since, earlier(time, told));
      until = earlier(until, time).equals(until) ? time : until;
      until = earlier(until, told).equals(until) ? told : until;
    }
    return Map.of(
        "ids",
        ids.stream().map(id -> "'" + id + "'").collect(Collectors.joining(",", "[", "]")),
        "since",
        millis(since.minus(USUALLY_WITHIN)),
        "until",
        millis(until.plus(USUALLY_WITHIN)));
  }

  private static Instant earlier(Instant one, Instant other) {
    return one.isBefore(other) ? one : other;
  }

  /** No earlier than a DateTime64 can be. */
  private static String millis(Instant at) {
    return Long.toString(Math.max(0, at.toEpochMilli()));
  }

  private static List<List<UUID>> pages(Collection<UUID> ids) {
    List<UUID> all = ids.stream().sorted(EventId.ORDER).toList();
    List<List<UUID>> pages = new ArrayList<>();
    for (int from = 0; from < all.size(); from += PAGE) {
      pages.add(all.subList(from, Math.min(all.size(), from + PAGE)));
    }
    return pages;
  }
}
