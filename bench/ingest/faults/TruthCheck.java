package ingest.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Holds what the product knows of streams against how the world is, row by row.
 *
 * <p>Where the end of a stream never arrived, the product knows it from polls alone, and too early
 * by as much as lists lag: of such an end it is only asked that it is not late. Everything else is
 * equal or it is told.
 */
final class TruthCheck {
  /** Which broadcast: a channel and its start. */
  private record Stream(String channel, @Nullable Instant startedAt) {}

  private final List<String> differences = new ArrayList<>();
  private final Map<Stream, JsonNode> broadcasts = new HashMap<>();
  private final Map<Stream, Set<Integer>> viewers = new HashMap<>();
  private final Set<Stream> seen = new HashSet<>();

  /**
   * Compares.
   *
   * @param truth of the simulator, which stands still
   * @param served what polls were answered
   * @param sessions of dm: platform_user_id and the columns of stream_session
   * @param channels of dm: platform_user_id, is_live, stream_started_at
   * @param snapshots of the environment
   * @return the differences, a line each
   */
  static List<String> differences(
      JsonNode truth,
      List<JsonNode> served,
      List<JsonNode> sessions,
      List<JsonNode> channels,
      List<JsonNode> snapshots) {
    TruthCheck check = new TruthCheck(truth, served);
    check.sessions(truth, sessions);
    check.channels(truth, byChannel(channels), "dm.streamer_channel");
    check.channels(truth, byChannel(snapshots), "public.channel_snapshot");
    check.snapshots(truth, byChannel(snapshots));
    return check.differences;
  }

  private TruthCheck(JsonNode truth, List<JsonNode> served) {
    for (JsonNode channel : truth.path("channels")) {
      for (JsonNode broadcast : channel.path("broadcasts")) {
        broadcasts.put(stream(channel, broadcast), broadcast);
      }
    }
    for (JsonNode line : served) {
      JsonNode item = line.path("item");
      if (item.at("/stream/is_live").booleanValue()) {
        Stream stream =
            new Stream(
                line.path("broadcaster_user_id").asText(), time(item.at("/stream/start_time")));
        seen.add(stream);
        if (item.at("/stream/viewer_count").isInt()) {
          viewers
              .computeIfAbsent(stream, s -> new HashSet<>())
              .add(item.at("/stream/viewer_count").intValue());
        }
      }
    }
  }

  private static Stream stream(JsonNode channel, JsonNode broadcast) {
    return new Stream(
        channel.path("broadcaster_user_id").asText(), time(broadcast.path("started_at")));
  }

  private static @Nullable Instant time(JsonNode value) {
    return value.isTextual() ? OffsetDateTime.parse(value.textValue()).toInstant() : null;
  }

  private static Map<String, JsonNode> byChannel(List<JsonNode> rows) {
    Map<String, JsonNode> byChannel = new HashMap<>();
    rows.forEach(row -> byChannel.put(row.path("platform_user_id").asText(), row));
    return byChannel;
  }

  private void sessions(JsonNode truth, List<JsonNode> rows) {
    Map<Stream, JsonNode> sessions = new HashMap<>();
    for (JsonNode row : rows) {
      Stream stream =
          new Stream(row.path("platform_user_id").asText(), time(row.path("started_at")));
      sessions.put(stream, row);
      if (!broadcasts.containsKey(stream)) {
        differences.add(stream + ": no such broadcast, and a session: " + row);
      }
    }
    for (JsonNode channel : truth.path("channels")) {
      for (JsonNode broadcast : channel.path("broadcasts")) {
        Stream stream = stream(channel, broadcast);
        JsonNode row = sessions.get(stream);
        boolean told =
            broadcast.path("start_told").booleanValue()
                || broadcast.path("end_told").booleanValue();
        if (row != null) {
          session(stream, broadcast, row);
        } else if (told || seen.contains(stream)) {
          differences.add(stream + ": was told of, and there is no session: " + broadcast);
        }
      }
    }
  }

  private void session(Stream stream, JsonNode broadcast, JsonNode row) {
    Instant ended = time(broadcast.path("ended_at"));
    Instant known = time(row.path("ended_at"));
    Instant reported = time(row.path("reported_end"));
    boolean endTold = broadcast.path("end_told").booleanValue();
    same(stream, "is_open", ended == null, row.path("is_open").booleanValue());
    same(stream, "reported_end", endTold ? ended : null, reported);
    same(stream, "title", broadcast.path("title").textValue(), row.path("title").textValue());
    if (ended == null || endTold) {
      same(stream, "ended_at", ended, known);
    } else if (known != null && known.isAfter(ended)) {
      differences.add(stream + ": inferred to end at " + known + ", after its end at " + ended);
    }
    JsonNode peak = row.path("peak_viewers");
    if (peak.isInt() && !viewers.getOrDefault(stream, Set.of()).contains(peak.intValue())) {
      differences.add(stream + ": a peak of " + peak + " that nobody served");
    }
  }

  /** What both stores know of a channel. */
  private void channels(JsonNode truth, Map<String, JsonNode> rows, String table) {
    for (JsonNode channel : truth.path("channels")) {
      String id = channel.path("broadcaster_user_id").asText();
      JsonNode row = rows.getOrDefault(id, MissingNode.getInstance());
      String where = table + " " + id;
      same(where, "is_live", channel.path("is_live").booleanValue(), flag(row.path("is_live")));
      same(
          where,
          "stream_started_at",
          time(channel.path("started_at")),
          time(row.path("stream_started_at")));
    }
  }

  private static @Nullable Boolean flag(JsonNode value) {
    return value.isBoolean() ? value.booleanValue() : null;
  }

  /** Of who is off the air only the viewers are compared: the rest is of the last stream. */
  private void snapshots(JsonNode truth, Map<String, JsonNode> rows) {
    for (JsonNode channel : truth.path("channels")) {
      String id = channel.path("broadcaster_user_id").asText();
      JsonNode row = rows.getOrDefault(id, MissingNode.getInstance());
      String where = "public.channel_snapshot " + id;
      same(where, "slug", channel.path("slug").asText(), row.path("slug").asText());
      if (!channel.path("is_live").booleanValue()) {
        same(where, "viewer_count", 0, row.path("viewer_count").asInt(-1));
        continue;
      }
      for (String column :
          List.of("title", "language", "is_mature", "category_id", "category_name")) {
        same(where, column, channel.path(column).asText(), row.path(column).asText());
      }
      if (channel.has("viewer_count")) { // a channel may hide it
        same(
            where,
            "viewer_count",
            channel.path("viewer_count").intValue(),
            row.path("viewer_count").asInt(-1));
      }
    }
  }

  private void same(Object where, String column, @Nullable Object truth, @Nullable Object known) {
    if (!Objects.equals(truth, known)) {
      differences.add("%s: %s is %s, and %s is known".formatted(where, column, truth, known));
    }
  }
}
