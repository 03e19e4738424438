package ingest.faults;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.store.ClickHouse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/**
 * Chat as the sink inserts it: of some channels, around the watermark and far behind it, thousands
 * of lines with one time, and batches that come again in another composition. Not thread-safe.
 */
final class ChatFeed {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration LAG = Duration.ofHours(1);
  private static final int CHANNELS = 5;

  private final ClickHouse clickHouse;
  private final Random random;
  private final List<String> sent = new ArrayList<>();
  private long rows;

  ChatFeed(String clickHouse, long seed) {
    this.clickHouse = new ClickHouse(clickHouse);
    this.random = new Random(seed);
  }

  /** Rows, those that came again aside. */
  long rows() {
    return rows;
  }

  /** Inserts a round of it; {@code burst}: so many lines have one time. */
  void round(int burst) throws IOException, InterruptedException {
    Instant edge = Instant.now().minus(LAG);
    List<String> batch = new ArrayList<>();
    int burstChannel = random.nextInt(CHANNELS);
    Instant at = edge.plusSeconds(1);
    for (int i = 0; i < burst; i++) {
      batch.add(row(burstChannel, at));
    }
    for (int i = 0; i < 400; i++) {
      Instant time =
          switch (random.nextInt(4)) {
            case 0 -> edge.plusMillis(random.nextInt(8000)); // soon within the watermark
            case 1 -> edge.minusSeconds(random.nextInt(3600)); // late by minutes
            case 2 -> edge.minusSeconds(random.nextInt(20 * 86_400)); // by days
            default -> edge.plusMillis(random.nextInt(3)); // at its edge
          };
      batch.add(row(random.nextInt(CHANNELS), time));
    }
    rows += batch.size();
    int again = sent.isEmpty() ? 0 : random.nextInt(600);
    for (int i = 0; i < again; i++) {
      batch.add(sent.get(random.nextInt(sent.size())));
    }
    sent.addAll(batch);
    Collections.shuffle(batch, random);
    for (int from = 0; from < batch.size(); from += 1000) {
      String lines = String.join("\n", batch.subList(from, Math.min(batch.size(), from + 1000)));
      clickHouse.insert(
          "vf.kick_chat_message_log",
          new UUID(random.nextLong(), random.nextLong()).toString(),
          lines.getBytes(StandardCharsets.UTF_8));
    }
  }

  private String row(int channel, Instant at) {
    ObjectNode row = JSON.createObjectNode();
    UUID id = new UUID(random.nextLong(), random.nextLong());
    row.put("env", "shared")
        .put("channel_id", 1000 + channel)
        .put("created_at", at.toString())
        .put("event_id", id.toString())
        .put("channel_slug", "channel-" + channel)
        .put("message_id", id.toString())
        .put("platform_user_id", Integer.toString(random.nextInt(100_000)))
        .put("username", "viewer" + random.nextInt(1000))
        .put("content", "say \"" + Long.toHexString(random.nextLong()) + "\"\n\u00e9\u2603 / \\")
        .put("emotes_json", "[]")
        .put("badges_json", "[{\"type\":\"moderator\"}]");
    return row.toString();
  }
}
