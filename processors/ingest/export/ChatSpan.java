package ingest.export;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/**
 * The rows of one run: those of {@code env} that were created in {@code [from, until)} and inserted
 * before {@code insertedUntil}, and those created before {@code from} and inserted in {@code
 * [insertedFrom, insertedUntil)}. Neither set changes any more once the bounds have passed, so the
 * same span has the same objects, whoever writes them and how often.
 *
 * @param partRows most rows of one object
 */
record ChatSpan(
    String env,
    Instant from,
    Instant until,
    Instant insertedFrom,
    Instant insertedUntil,
    int partRows) {
  private static final DateTimeFormatter NAME =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss.SSS'Z'").withZone(ZoneOffset.UTC);

  /** The rows of one channel and UTC day in it; {@code late}: those behind the watermark. */
  record Group(boolean late, LocalDate day, long channel) {}

  Instant begin(Group group) {
    Instant day = group.day().atStartOfDay().toInstant(ZoneOffset.UTC);
    return group.late() || day.isAfter(from) ? day : from;
  }

  Instant end(Group group) {
    Instant next = group.day().plusDays(1).atStartOfDay().toInstant(ZoneOffset.UTC);
    Instant last = group.late() ? from : until;
    return next.isBefore(last) ? next : last;
  }

  /** The name of an object, which nothing but the span and what is in it decides. */
  String key(Group group, int part) {
    String span =
        group.late()
            ? "late-" + NAME.format(insertedFrom) + "-" + NAME.format(insertedUntil)
            : NAME.format(from) + "-" + NAME.format(until);
    return "%s/%s/%d/%s.%04d.ndjson.gz".formatted(env, group.day(), group.channel(), span, part);
  }
}
