package ingest.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.embedded.simulator.SimulatedChannel;
import ingest.embedded.simulator.World;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the simulated Kick saw: when it answered for each channel, read again and again before it
 * forgets, and how many calls it counted.
 */
final class KickWatch implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration EVERY = Duration.ofSeconds(5);
  private static final Pattern LINE =
      Pattern.compile("\\{\"seq\":(\\d+),\"at\":\"([^\"]+)\",\"broadcaster_user_id\":(\\d+),");

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final String kick;

  /** Milliseconds at which each channel was served. */
  private final Map<Long, ConcurrentSkipListSet<Long>> served = new ConcurrentHashMap<>();

  private final Thread reading = new Thread(this::goOnReading, "kick-watch");
  private long seq;
  private @Nullable IOException failure;

  KickWatch(String kick, World world) {
    this.kick = kick;
    for (SimulatedChannel channel : world.channels()) {
      served.put(channel.broadcasterUserId(), new ConcurrentSkipListSet<>());
    }
    reading.setDaemon(true);
    reading.start();
  }

  private void goOnReading() {
    try {
      while (true) {
        Thread.sleep(EVERY.toMillis());
        read();
      }
    } catch (IOException e) {
      synchronized (this) {
        failure = e;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Takes over everything that was served until now. */
  synchronized void read() throws IOException, InterruptedException {
    if (failure != null) {
      throw failure;
    }
    HttpResponse<Stream<String>> answer =
        client.send(
            HttpRequest.newBuilder(URI.create(kick + "/control/served?since=" + seq)).build(),
            HttpResponse.BodyHandlers.ofLines());
    try (Stream<String> lines = answer.body()) {
      for (String line : (Iterable<String>) lines::iterator) {
        Matcher found = LINE.matcher(line);
        if (!found.lookingAt() || (Long.parseLong(found.group(1)) != seq + 1)) {
          throw new IOException("Kick has forgotten what it served after line " + seq);
        }
        seq++;
        ConcurrentSkipListSet<Long> times = served.get(Long.parseLong(found.group(3)));
        if (times != null) {
          times.add(Instant.parse(found.group(2)).toEpochMilli());
        }
      }
    }
  }

  /** Calls of the API since the start. */
  long calls() throws IOException, InterruptedException {
    return counters().path("calls").asLong();
  }

  /** The most calls of any sixty seconds since the start. */
  int mostInAMinute() throws IOException, InterruptedException {
    return counters().path("most_in_a_minute").asInt();
  }

  private JsonNode counters() throws IOException, InterruptedException {
    return JSON.readTree(
            client
                .send(
                    HttpRequest.newBuilder(URI.create(kick + "/control/calls")).build(),
                    HttpResponse.BodyHandlers.ofString())
                .body())
        .at("/upstreams/kick");
  }

  boolean asked(long channel) {
    return !served.getOrDefault(channel, new ConcurrentSkipListSet<>()).isEmpty();
  }

  /** Answers for all channels in a span. */
  long answers(Instant from, Instant to) {
    return served.values().stream().mapToLong(times -> within(times, from, to)).sum();
  }

  private static long within(ConcurrentSkipListSet<Long> times, Instant from, Instant to) {
    return times.subSet(from.toEpochMilli(), to.toEpochMilli()).size();
  }

  /**
   * How live channels were served in a span.
   *
   * @param slots periods of all of them that lie within it
   * @param lateness seconds from the beginning of each to the answer, in order
   * @param missed periods without an answer, in words
   */
  record Live(long answers, long slots, List<Double> lateness, List<String> missed) {
    /** What so large a part of the answers was not later than. */
    double late(double part) {
      return lateness.isEmpty()
          ? 0
          : lateness.get((int) Math.min(lateness.size() - 1, Math.round(lateness.size() * part)));
    }
  }

  /**
   * {@code rhythm}: a moment at which each is due; it is due a period before and after that too.
   */
  Live live(Map<Long, Instant> rhythm, Duration period, Instant from, Instant to) {
    long answers = 0;
    long slots = 0;
    List<Double> lateness = new ArrayList<>();
    List<String> missed = new ArrayList<>();
    for (Map.Entry<Long, Instant> channel : new TreeMap<>(rhythm).entrySet()) {
      ConcurrentSkipListSet<Long> times =
          served.getOrDefault(channel.getKey(), new ConcurrentSkipListSet<>());
      answers += within(times, from, to);
      long length = period.toMillis();
      long begin = from.toEpochMilli();
      long slot = begin + Math.floorMod(channel.getValue().toEpochMilli() - begin, length);
      for (; slot + length <= to.toEpochMilli(); slot += length) {
        slots++;
        Long answered = times.ceiling(slot);
        if (answered == null || answered >= slot + length) {
          missed.add(
              "channel %d was due at %s and asked for at %s"
                  .formatted(
                      channel.getKey(),
                      Instant.ofEpochMilli(slot),
                      times.stream()
                          .map(at -> Instant.ofEpochMilli(at).toString())
                          .collect(Collectors.joining(", "))));
        } else {
          lateness.add((answered - slot) / 1000.0);
        }
      }
    }
    lateness.sort(null);
    return new Live(answers, slots, lateness, missed);
  }

  @Override
  public void close() {
    reading.interrupt();
  }
}
