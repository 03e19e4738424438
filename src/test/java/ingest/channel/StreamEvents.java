package ingest.channel;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventTypes;
import ingest.kick.LivestreamStatus;
import ingest.kick.ViewerCounts;
import ingest.mapping.Arrival;
import ingest.poll.DueChannel;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What Kick says of the streams of one channel, through the mappers that the product has. */
final class StreamEvents {
  static final EventTypes TYPES = EventTypes.load(Path.of("routes"));
  static final ChannelKey CHANNEL = new ChannelKey("kick", "900000001");

  private static final String TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  private StreamEvents() {}

  /** What one poll read; {@code startedAt} null is Kick's way to be offline. */
  record Reading(
      @Nullable Instant startedAt,
      @Nullable Integer viewers,
      String title,
      String language,
      int category) {
    static Reading offline() {
      return new Reading(null, 0, "", "", 0);
    }

    static Reading live(Instant startedAt, @Nullable Integer viewers) {
      return new Reading(startedAt, viewers, "polled", "en", 15);
    }
  }

  static Envelope poll(Instant at, Reading reading) {
    ObjectNode item = JsonNodeFactory.instance.objectNode();
    item.put("broadcaster_user_id", Long.parseLong(CHANNEL.userId()));
    item.put("slug", "maple").put("stream_title", reading.title());
    item.putObject("category")
        .put("id", reading.category())
        .put("name", reading.category() == 0 ? "" : "category " + reading.category());
    Instant start = reading.startedAt();
    ObjectNode stream = item.putObject("stream");
    stream.put("is_live", start != null).put("is_mature", false);
    stream.put("language", reading.language());
    stream.put("start_time", start == null ? "0001-01-01T00:00:00Z" : start.toString());
    stream.put("viewer_count", reading.viewers());
    ObjectNode answer = JsonNodeFactory.instance.objectNode();
    answer.putArray("data").add(item);
    DueChannel due =
        new DueChannel(1, CHANNEL.externalId(), "kick", CHANNEL.userId(), null, at, at);
    return new ViewerCounts().map(answer, List.of(due), TRACE).get(0);
  }

  static Envelope started(Instant startedAt) {
    return status(startedAt, null, true, "started");
  }

  /** The end of the stream, or of one that it does not name. */
  static Envelope ended(@Nullable Instant startedAt, @Nullable Instant endedAt) {
    return status(startedAt, endedAt, false, "ended");
  }

  private static Envelope status(
      @Nullable Instant startedAt, @Nullable Instant endedAt, boolean live, String title) {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.putObject("broadcaster").put("user_id", Long.parseLong(CHANNEL.userId()));
    body.put("is_live", live).put("title", title);
    body.put("started_at", startedAt == null ? null : startedAt.toString());
    body.put("ended_at", endedAt == null ? null : endedAt.toString());
    Instant told = Objects.requireNonNull(endedAt == null ? startedAt : endedAt);
    LivestreamStatus mapper = new LivestreamStatus();
    return mapper
        .map(
            body,
            TYPES.find(mapper.type()).orElseThrow(),
            new Arrival(told.plusSeconds(1), null, TRACE))
        .get(0);
  }
}
