package ingest.maintenance;

import ingest.store.ClickHouse;
import ingest.store.DmDatabase;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Whether the archive has every event of a day that was meant for it. Both sides are held against
 * each other minute by minute, by number and by the XOR of the low halves of the ids; only what
 * differs is looked at id by id, because it need not be a loss: an event that was abandoned may be
 * there nevertheless, and one that tells of a time long ago is older than the archive's own
 * retention.
 */
final class ArchivedDay {
  /** What is told of times before that may be gone from the archive; it keeps 13 months. */
  private static final Duration ARCHIVE_KEEPS = Duration.ofDays(365);

  /** Nearly every event happened around the day on which it was committed. */
  private static final Duration USUALLY_WITHIN = Duration.ofDays(2);

  private static final int SECONDS = 60;

  private static final String ARCHIVED =
      """
      SELECT intDiv(toUnixTimestamp64Micro(created_at), 60000000) AS minute, count(),
             groupBitXor(reinterpretAsUInt64(reverse(substring(UUIDToNum(event_id), 9, 8))))
      FROM vf.raw_events
      WHERE replayof IS NULL AND created_at >= {from:DateTime64(6, 'UTC')} AND created_at < {to:DateTime64(6, 'UTC')}
        AND time >= {since:DateTime64(3, 'UTC')} AND time < {until:DateTime64(3, 'UTC')}
      GROUP BY minute FORMAT TabSeparated
      """;

  /** A set, so without the view's FINAL. */
  private static final String ARCHIVED_IDS =
      """
      SELECT toString(event_id) FROM vf.raw_events_log
      WHERE replayof IS NULL AND created_at >= {from:DateTime64(6, 'UTC')} AND created_at < {to:DateTime64(6, 'UTC')}
      FORMAT TabSeparated
      """;

  /** Of one minute: those that were meant for the archive and can be there still. */
  private static final String EXPECTED_IDS =
      """
      SELECT o.event_id
      FROM ingest.ingest_outbox o
      JOIN ingest.delivery_chunk c ON c.day = o.day AND c.chunk = o.chunk
                                  AND (c.mask IS NULL OR get_bit(c.mask, o.pos) = 1)
      JOIN ingest.target t ON t.name = c.target AND t.kind = 'clickhouse'
      LEFT JOIN ingest.delivery_item i ON i.day = c.day AND i.target = c.target AND i.event_id = o.event_id
      WHERE o.day = ? AND o.chunk BETWEEN ? AND ? AND i.status IS DISTINCT FROM 'abandoned'
        AND floor(extract(epoch FROM o.created_at) / 60) = ?
        AND (o.envelope::json ->> 'time')::timestamptz >= ingest.now() - make_interval(secs => ?)
      """;

  /** What one minute holds; the chunks that it is in, because chunks are found by number. */
  record Minute(long events, long hash, long firstChunk, long lastChunk) {
    boolean holds(long otherEvents, long otherHash) {
      return events == otherEvents && hash == otherHash;
    }

    Minute and(Minute more) {
      return new Minute(
          events + more.events,
          hash ^ more.hash,
          Math.min(firstChunk, more.firstChunk),
          Math.max(lastChunk, more.lastChunk));
    }
  }

  private record Sum(long events, long hash) {}

  private final DmDatabase dm;
  private final ClickHouse clickHouse;

  ArchivedDay(DmDatabase dm, ClickHouse clickHouse) {
    this.dm = dm;
    this.clickHouse = clickHouse;
  }

  /**
   * How many of the expected events are not there: 0, or as many as the first minute lacks that
   * lacks any, which is enough to keep the day.
   *
   * @throws IOException when the archive cannot be asked
   */
  long missing(LocalDate day, Map<Long, Minute> expected)
      throws IOException, SQLException, InterruptedException {
    Instant from = day.atStartOfDay(ZoneOffset.UTC).toInstant();
    Instant to = from.plus(Duration.ofDays(1));
    Map<Long, Minute> open =
        differing(expected, sums(from, to, from.minus(USUALLY_WITHIN), to.plus(USUALLY_WITHIN)));
    if (!open.isEmpty()) {
      open = differing(open, sums(from, to, Instant.EPOCH, to.plus(ARCHIVE_KEEPS)));
    }
    for (Map.Entry<Long, Minute> minute : open.entrySet()) {
      Set<UUID> lacking = expected(day, minute.getKey(), minute.getValue());
      lacking.removeAll(archived(minute.getKey()));
      if (!lacking.isEmpty()) {
        return lacking.size();
      }
    }
    return 0;
  }

  private static Map<Long, Minute> differing(Map<Long, Minute> expected, Map<Long, Sum> there) {
    Map<Long, Minute> open = new TreeMap<>();
    expected.forEach(
        (minute, wanted) -> {
          Sum sum = there.getOrDefault(minute, new Sum(0, 0));
          if (!wanted.holds(sum.events, sum.hash)) {
            open.put(minute, wanted);
          }
        });
    return open;
  }

  private Map<Long, Sum> sums(Instant from, Instant to, Instant since, Instant until)
      throws IOException, InterruptedException {
    Map<Long, Sum> sums = new HashMap<>();
    clickHouse
        .text(
            ARCHIVED,
            Map.of("from", text(from), "to", text(to), "since", text(since), "until", text(until)))
        .lines()
        .map(line -> line.split("\t", -1))
        .forEach(
            cells ->
                sums.put(
                    Long.valueOf(cells[0]),
                    new Sum(Long.parseLong(cells[1]), Long.parseUnsignedLong(cells[2]))));
    return sums;
  }

  private Set<UUID> archived(long minute) throws IOException, InterruptedException {
    Instant from = Instant.ofEpochSecond(minute * SECONDS);
    Set<UUID> ids = new HashSet<>();
    clickHouse
        .text(ARCHIVED_IDS, Map.of("from", text(from), "to", text(from.plusSeconds(SECONDS))))
        .lines()
        .map(UUID::fromString)
        .forEach(ids::add);
    return ids;
  }

  private Set<UUID> expected(LocalDate day, long minute, Minute where) throws SQLException {
    Set<UUID> ids = new HashSet<>();
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(EXPECTED_IDS)) {
      query.setObject(1, day);
      query.setLong(2, where.firstChunk);
      query.setLong(3, where.lastChunk);
      query.setLong(4, minute);
      query.setLong(5, ARCHIVE_KEEPS.toSeconds());
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          ids.add(rows.getObject(1, UUID.class));
        }
      }
    }
    return ids;
  }

  /** As ClickHouse reads a time in a parameter. */
  private static String text(Instant at) {
    return at.toString().replaceAll("[TZ]", " ").strip();
  }
}
