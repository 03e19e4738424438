package ingest.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A client that emits polls, starts and ends of streams, and follows of some channels, out of
 * order, at a rate. What is not acknowledged is sent again, with the same ids.
 */
final class Mixture {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int LINES = 50;
  private static final int CHANNELS = 400;
  private static final int LATEST_MILLIS = 30_000;
  private static final int LAG_SECONDS = 90;
  private static final long FIRST = 3_000_000_000_000L;

  private final Instance instance;
  private final int rate;
  private final Random random;
  private final Thread thread = new Thread(this::emit, "mixture");
  private volatile boolean more = true;
  private final AtomicInteger first = new AtomicInteger();
  private final AtomicLong acknowledged = new AtomicLong();
  private volatile @Nullable String refusal;

  Mixture(Instance instance, int rate, long seed) {
    this.instance = instance;
    this.rate = rate;
    this.random = new Random(seed);
    thread.setDaemon(true);
    thread.start();
  }

  /** Leaves half of the channels as they are from now on, and takes as many new ones. */
  void movesOn() {
    first.addAndGet(CHANNELS / 2);
  }

  private void emit() {
    long began = System.nanoTime();
    try {
      for (long number = 0; more; number += LINES) {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < LINES; i++) {
          lines.append(line(number + i)).append('\n');
        }
        while (more && !sent(lines.toString())) {
          TimeUnit.MILLISECONDS.sleep(200);
        }
        long due = began + TimeUnit.SECONDS.toNanos(number + LINES) / rate;
        TimeUnit.NANOSECONDS.sleep(Math.max(0, due - System.nanoTime()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean sent(String lines) throws InterruptedException {
    try {
      HttpResponse<String> answer = instance.manage("POST", "/admin/emit", lines);
      if (answer.statusCode() != 200) {
        return false;
      }
      JsonNode result = JSON.readTree(answer.body());
      if (!result.path("rejected").isEmpty()) {
        refusal = result.path("rejected").toString();
      }
      acknowledged.addAndGet(LINES);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private ObjectNode line(long number) {
    long user = FIRST + first.get() + random.nextInt(CHANNELS);
    Instant time =
        Instant.now().minusMillis(random.nextInt(LATEST_MILLIS)).truncatedTo(ChronoUnit.MILLIS);
    ObjectNode data =
        JSON.createObjectNode().put("platform", "kick").put("platform_user_id", "" + user);
    String type =
        switch (random.nextInt(5)) {
          case 0 -> follow(data, time);
          case 1 -> status(data, time);
          default -> poll(data, user, time);
        };
    String subject = "kick:" + user;
    ObjectNode line = JSON.createObjectNode();
    line.put("id", EventId.text(EventId.of(time, "kick", type, subject, "mixture " + number, 0)))
        .put("source", "kick")
        .put("type", type)
        .put("subject", subject)
        .put("time", time.toString());
    line.set("data", data);
    return line;
  }

  private static String follow(ObjectNode data, Instant time) {
    data.put("followed_at", time.toString());
    return "kick.channel.followed";
  }

  private String status(ObjectNode data, Instant time) {
    ObjectNode stream = data.putObject("stream");
    boolean live = random.nextBoolean();
    stream
        .put("is_live", live)
        .put("started_at", time.minusSeconds(live ? 0 : 60).toString())
        .put("title", "stream " + random.nextInt(1000));
    if (!live) {
      stream.put("ended_at", time.toString());
    }
    return "kick.livestream.status.updated";
  }

  private String poll(ObjectNode data, long user, Instant time) {
    data.put("slug", "c" + user).put("viewer_count", random.nextInt(100_000));
    if (random.nextInt(4) > 0) {
      data.put("stream_rev", Long.toString(Envelope.micros(time.minusSeconds(LAG_SECONDS))));
      data.putObject("stream")
          .put("is_live", true)
          .put("started_at", time.minusSeconds(600).truncatedTo(ChronoUnit.MINUTES).toString())
          .put("title", "poll " + random.nextInt(1000))
          .put("language", "en");
    }
    return "kick.viewer_count.observed";
  }

  /** Sends nothing more. */
  void end() throws InterruptedException {
    more = false;
    thread.join(TimeUnit.MINUTES.toMillis(1));
  }

  long acknowledged() {
    return acknowledged.get();
  }

  /** What was told of lines that were not taken; null when all were. */
  @Nullable String refusal() {
    return refusal;
  }
}
