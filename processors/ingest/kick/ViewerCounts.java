package ingest.kick;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.mapping.MalformedAnswer;
import ingest.poll.DueChannel;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Maps Kick's answer to {@code GET /channels} to {@code kick.viewer_count.observed}.
 *
 * <p>A count that Kick leaves out stays absent: zero would claim that someone looked and saw
 * nobody. {@code null} is read as absent everywhere.
 */
public final class ViewerCounts {
  /** The type this emits. */
  public static final String TYPE = "kick.viewer_count.observed";

  private static final String SOURCE = "kick";

  /**
   * How much older than the poll its stream fields count as. Kick's lists lag its webhooks: a
   * stream was still listed 3 s after its end and gone at 19 s, and counts refresh about every 61 s
   * (recorded traffic, KickTracker). A poll that began after a push must not undo it.
   */
  private static final Duration LAG = Duration.ofSeconds(90);

  /** A stream that starts later than this after it was seen is a fault of Kick's clock. */
  static final Duration AHEAD = Duration.ofMinutes(2);

  /**
   * One envelope for each channel of the page that the answer lists, in the answer's order.
   *
   * <p>Channels are matched by user id, never by position. One that was not asked for is passed
   * over, one that is not listed (renamed, banned) has no envelope, and of one that is listed twice
   * the first item counts. Another poll of the same slot gives the same ids.
   *
   * @param answer the body of an answer with status 200
   * @param traceparent of the call that brought the answer
   * @throws MalformedAnswer when anything that is mapped has a wrong type
   */
  public List<Envelope> map(JsonNode answer, List<DueChannel> page, String traceparent) {
    Map<String, DueChannel> due = new HashMap<>();
    page.forEach(channel -> due.put(channel.platformUserId(), channel));
    List<Envelope> envelopes = new ArrayList<>();
    for (KickObject item : KickObject.of(answer).objects("data")) {
      DueChannel channel = due.remove(item.id("broadcaster_user_id"));
      if (channel != null) {
        envelopes.add(channel.polled().says(SOURCE, TYPE, data(item, channel), traceparent));
      }
    }
    return envelopes;
  }

  private static ObjectNode data(KickObject item, DueChannel channel) {
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.put("platform", SOURCE);
    data.put("platform_user_id", channel.platformUserId());
    KickObject.put(data, "slug", item.slug("slug"));
    KickObject.set(data, "viewer_count", item.object("stream").count("viewer_count"));
    Instant startedAt = startedAt(item.object("stream"), channel.polledAt());
    ObjectNode stream = stream(item, startedAt);
    if (!stream.isEmpty()) {
      data.set("stream", stream);
      data.put("stream_rev", Long.toString(Envelope.micros(asOf(startedAt, channel.polledAt()))));
    }
    return data;
  }

  /** Of the stream that runs; null where none does, or Kick's clock is at fault. */
  private static @Nullable Instant startedAt(KickObject stream, Instant polledAt) {
    JsonNode live = stream.flag("is_live");
    Instant startedAt = stream.time("start_time");
    return live == null
            || !live.booleanValue()
            || startedAt == null
            || startedAt.isAfter(polledAt.plus(AHEAD))
        ? null
        : startedAt;
  }

  /** A list that has a stream was not made before it began, however much lists lag. */
  private static Instant asOf(@Nullable Instant startedAt, Instant polledAt) {
    Instant asOf = polledAt.minus(LAG);
    if (startedAt == null || !startedAt.isAfter(asOf)) {
      return asOf;
    }
    return startedAt.isAfter(polledAt) ? polledAt : startedAt;
  }

  /** What Kick's webhooks report too; Kick has parts of it beside its own {@code stream}. */
  private static ObjectNode stream(KickObject item, @Nullable Instant startedAt) {
    KickObject answered = item.object("stream");
    ObjectNode stream = JsonNodeFactory.instance.objectNode();
    KickObject.set(stream, "is_live", answered.flag("is_live"));
    KickObject.put(stream, "started_at", startedAt == null ? null : startedAt.toString());
    KickObject.put(stream, "title", item.text("stream_title"));
    KickObject.put(stream, "language", answered.text("language"));
    KickObject.set(stream, "is_mature", answered.flag("is_mature"));
    ObjectNode category = category(item.object("category"));
    if (!category.isEmpty()) {
      stream.set("category", category);
    }
    ArrayNode tags = answered.texts("custom_tags");
    if (!tags.isEmpty()) {
      stream.set("tags", tags);
    }
    return stream;
  }

  /** Empty for id 0, which is Kick's way to say that there is none. */
  static ObjectNode category(KickObject answered) {
    ObjectNode category = JsonNodeFactory.instance.objectNode();
    JsonNode id = answered.count("id");
    String name = answered.text("name");
    if (id != null && id.intValue() != 0) {
      category.set("id", id);
      KickObject.put(category, "name", name);
    }
    return category;
  }
}
