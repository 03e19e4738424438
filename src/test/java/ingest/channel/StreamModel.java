package ingest.channel;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import ingest.envelope.Envelope;
import ingest.envelope.Revision;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a set of events says of the streams of one channel, read as one would explain it: for each
 * stream, all that was said of it. Times are microseconds. Shares nothing with the product but the
 * envelopes.
 */
final class StreamModel {
  /** One event that says whether the channel streams. */
  private record Said(
      long rev,
      Revision revision,
      boolean live,
      @Nullable Long start,
      @Nullable Long end,
      JsonNode stream,
      @Nullable Integer viewers) {}

  private final List<Said> all;

  StreamModel(Collection<Envelope> events) {
    all = events.stream().distinct().map(StreamModel::said).toList();
  }

  private static Said said(Envelope event) {
    JsonNode stream = event.data().path("stream");
    JsonNode rev = event.data().path("stream_rev");
    long micros = rev.isMissingNode() ? event.time().toEpochMilli() * 1000 : rev.asLong();
    boolean live = stream.path("is_live").booleanValue();
    Long start = micros(stream.path("started_at"));
    Long end = live ? null : micros(stream.path("ended_at"));
    return new Said(
        micros,
        new Revision(micros, event.id()),
        live,
        start,
        start != null && end != null && end < start ? null : end,
        stream,
        event.data().has("viewer_count") ? event.data().path("viewer_count").asInt() : null);
  }

  private static @Nullable Long micros(JsonNode time) {
    return time.isMissingNode() ? null : Envelope.micros(Instant.parse(time.asText()));
  }

  /** {@code is_live, stream_started_at, live_rev, live_ev}. */
  String channel() {
    Said now = newest(all, s -> true).orElseThrow();
    return row(flag(now.live), now.live ? now.start : null, now.rev, now.revision.event());
  }

  /** Every column but the id and the channel, ordered by the start. */
  List<String> sessions() {
    return all.stream()
        .map(Said::start)
        .filter(Objects::nonNull)
        .distinct()
        .sorted()
        .map(this::session)
        .toList();
  }

  private String session(long start) {
    List<Said> own = all.stream().filter(s -> Objects.equals(s.start, start)).toList();
    long lastLive =
        own.stream()
            .filter(Said::live)
            .mapToLong(Said::rev)
            .filter(r -> r > start)
            .max()
            .orElse(start);
    Optional<Said> over = newest(own, s -> !s.live);
    Long reported =
        over.map(s -> s.end != null ? s.end : Long.valueOf(Math.max(s.rev, start))).orElse(null);
    Said now = newest(all, s -> true).orElseThrow();
    boolean open = over.isEmpty() && now.live && Objects.equals(now.start, start);
    Optional<Said> titled = newest(own, s -> s.stream.has("title"));
    Optional<Said> described =
        newest(
            own,
            s -> Stream.of("language", "is_mature", "category").anyMatch(f -> s.stream.has(f)));
    JsonNode details = described.map(Said::stream).orElse(MissingNode.getInstance());
    List<Integer> counts =
        own.stream().filter(Said::live).map(Said::viewers).filter(Objects::nonNull).toList();
    long sum = counts.stream().mapToLong(c -> c).sum();
    return row(
        start,
        flag(open),
        lastLive,
        reported,
        rev(over),
        event(over),
        open ? null : reported != null ? reported : Long.valueOf(lastLive),
        titled.map(s -> s.stream.path("title").asText()).orElse(null),
        rev(titled),
        event(titled),
        details.path("language").textValue(),
        details.has("is_mature") ? flag(details.path("is_mature").booleanValue()) : null,
        details.path("category").path("id").numberValue(),
        details.path("category").path("name").textValue(),
        rev(described),
        event(described),
        counts.stream().max(Comparator.naturalOrder()).orElse(null),
        counts.size(),
        sum,
        counts.isEmpty()
            ? null
            : BigDecimal.valueOf(sum)
                .divide(BigDecimal.valueOf(counts.size()), 1, RoundingMode.HALF_UP));
  }

  private static Optional<Said> newest(List<Said> said, Predicate<Said> says) {
    return said.stream().filter(says).max(Comparator.comparing(Said::revision));
  }

  private static long rev(Optional<Said> said) {
    return said.map(Said::rev).orElse(0L);
  }

  private static String event(Optional<Said> said) {
    return said.map(s -> s.revision.event().toString())
        .orElse("00000000-0000-0000-0000-000000000000");
  }

  private static String flag(boolean flag) {
    return flag ? "t" : "f";
  }

  private static String row(@Nullable Object... columns) {
    return Stream.of(columns)
        .map(c -> c == null ? "-" : c.toString())
        .collect(Collectors.joining("|"));
  }
}
