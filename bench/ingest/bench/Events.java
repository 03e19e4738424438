package ingest.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;

/**
 * The events of a run: {@code kick.viewer_count.observed} of {@link #SUBJECTS} channels in turn,
 * both of its column groups filled, each of exactly {@link #BYTES} bytes. The same number is the
 * same event. Times rise with the numbers, so that keys arrive as they do in life: nearly in order.
 */
final class Events {
  static final String TYPE = "kick.viewer_count.observed";
  static final int SUBJECTS = 5_000;
  static final int BYTES = 1_024;

  /** The id of the first channel; those after it follow. */
  static final int FIRST_CHANNEL = 900_000_000;

  private static final int PER_MILLISECOND = 50;
  private static final long LAG_MICROS = 90_000_000;

  private final Instant begin;
  private final int padding;

  Events(Instant begin) {
    this.begin = begin;
    int bare = event(0, 1).toJson().getBytes(StandardCharsets.UTF_8).length;
    this.padding = BYTES - bare + 1;
  }

  Envelope event(int number) {
    return event(number, padding);
  }

  /** Those from {@code first} on. */
  List<Envelope> events(int first, int number) {
    return IntStream.range(first, first + number).mapToObj(this::event).toList();
  }

  /** What the newest revisions of all subjects come to, when the first {@code number} are known. */
  long sumOfNewestRevisions(int number) {
    return IntStream.range(Math.max(0, number - SUBJECTS), number).mapToLong(this::rev).sum();
  }

  private Instant time(int number) {
    return begin.plusMillis(number / PER_MILLISECOND);
  }

  private long rev(int number) {
    return Envelope.micros(time(number));
  }

  private Envelope event(int number, int titleLength) {
    int channel = FIRST_CHANNEL + number % SUBJECTS;
    String subject = "kick:" + channel;
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.put("platform", "kick");
    data.put("platform_user_id", Integer.toString(channel));
    data.put("slug", "channel-" + channel);
    data.put("viewer_count", 100_000 + number % 900_000); // as wide as any other
    ObjectNode stream = data.putObject("stream");
    stream.put("is_live", true);
    stream.put("started_at", "2026-01-01T00:00:00Z");
    stream.put("title", "x".repeat(titleLength));
    stream.put("language", "en");
    stream.put("is_mature", false);
    stream.putObject("category").put("id", 15).put("name", "Just Chatting");
    data.put("stream_rev", Long.toString(rev(number) - LAG_MICROS));
    return new Envelope(
        EventId.of(time(number), "kick", TYPE, subject, Integer.toString(number), 0),
        "kick",
        TYPE,
        TYPE + "/1",
        subject,
        time(number),
        rev(number),
        EventId.text(new UUID(0x0190_0000_0000_0000L, channel)),
        null,
        "00-%032x-%016x-01".formatted(number + 1, number + 1),
        data);
  }
}
