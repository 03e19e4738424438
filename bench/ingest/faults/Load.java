package ingest.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.EventId;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Clients that emit events at a rate, and what they were promised. What fell behind during an
 * outage is made up for. A request whose outcome is unknown is sent again, with the same ids, to
 * the next instance, until it is acknowledged.
 */
final class Load {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final String TYPE = "kick.viewer_count.observed";
  private static final int CLIENTS = 4;

  /** Lines of one request. */
  private static final int LINES = 100;

  /** Of them those that have a subject of their own; the others meet on few, out of order. */
  private static final int ALONE = 90;

  private static final int SHARED_SUBJECTS = 64;
  private static final long FIRST_ALONE = 1_000_000_000_000L;
  private static final long FIRST_SHARED = 2_000_000_000_000L;
  private static final int LATEST_MILLIS = 30_000;

  /** Not 404: a process that is just starting listens before it has its routes. */
  private static final Set<Integer> REFUSALS = Set.of(400, 401, 403, 413, 415);

  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(2))
          .build();
  private final List<Instance> instances;
  private final int rate;
  private final long seed;
  private final List<Thread> threads = new ArrayList<>();
  private final ConcurrentLinkedQueue<Emission> emissions = new ConcurrentLinkedQueue<>();
  private final AtomicLong given = new AtomicLong();
  private final AtomicLong acknowledged = new AtomicLong();
  private final long began = System.nanoTime();
  private volatile String refusal = "";
  private volatile boolean more = true;
  private volatile boolean goOn = true;

  Load(List<Instance> instances, int rate, long seed) {
    this.instances = instances;
    this.rate = rate;
    this.seed = seed;
    for (int i = 0; i < CLIENTS; i++) {
      int number = i;
      Thread thread = new Thread(() -> emit(new Random(seed + number), number), "emit-" + number);
      thread.setDaemon(true);
      threads.add(thread);
      thread.start();
    }
  }

  private void emit(Random random, int number) {
    try {
      int turn = number;
      while (true) {
        while (more && given.get() >= due()) {
          Thread.sleep(10);
        }
        if (!more) {
          return;
        }
        long first = given.getAndAdd(LINES);
        List<UUID> ids = new ArrayList<>();
        String body = lines(first, random, ids);
        Emission emission = new Emission(ids, ALONE);
        emissions.add(emission);
        while (goOn && !emission.acknowledged()) {
          send(emission, body, instances.get(Math.floorMod(turn++, instances.size())));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private long due() {
    return (System.nanoTime() - began) / 1_000_000 * rate / 1000;
  }

  private String lines(long first, Random random, List<UUID> ids) {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < LINES; i++) {
      boolean alone = i < ALONE;
      long user = alone ? FIRST_ALONE + first + i : FIRST_SHARED + random.nextInt(SHARED_SUBJECTS);
      Instant time =
          Instant.now()
              .minusMillis(alone ? 0 : random.nextInt(LATEST_MILLIS))
              .truncatedTo(ChronoUnit.MILLIS);
      String subject = "kick:" + user;
      UUID id = EventId.of(time, "kick", TYPE, subject, "faults " + seed + " " + (first + i), 0);
      ids.add(id);
      ObjectNode line = JSON.createObjectNode();
      line.put("id", EventId.text(id));
      line.put("source", "kick");
      line.put("type", TYPE);
      line.put("subject", subject);
      line.put("time", time.toString());
      line.putObject("data")
          .put("platform", "kick")
          .put("platform_user_id", Long.toString(user))
          .put("viewer_count", random.nextInt(100_000));
      lines.append(line).append('\n');
    }
    return lines.toString();
  }

  private void send(Emission emission, String body, Instance instance) throws InterruptedException {
    Instant at = Instant.now();
    String outcome;
    boolean accepted = false;
    try {
      HttpResponse<String> answer =
          client.send(
              HttpRequest.newBuilder(
                      URI.create("http://127.0.0.1:" + instance.managementPort() + "/admin/emit"))
                  .timeout(PATIENCE)
                  .header("content-type", "application/x-ndjson")
                  .POST(HttpRequest.BodyPublishers.ofString(body))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      outcome = "answered " + answer.statusCode();
      if (answer.statusCode() == 200) {
        JsonNode result = JSON.readTree(answer.body());
        int fresh = result.path("new").asInt();
        int duplicates = result.path("duplicates").asInt();
        accepted = fresh + duplicates == emission.events().size();
        outcome += ": %d new, %d duplicates".formatted(fresh, duplicates);
      }
      if (REFUSALS.contains(answer.statusCode()) || (answer.statusCode() == 200 && !accepted)) {
        refusal = answer.statusCode() + ": " + answer.body();
      }
    } catch (IOException e) {
      outcome = "no answer: " + e;
    }
    emission.tried(new Emission.Try(at, instance.name(), outcome), accepted);
    if (accepted) {
      acknowledged.addAndGet(emission.events().size());
    } else {
      Thread.sleep(100);
    }
  }

  /** Begins nothing new and waits until all that was begun is acknowledged, for so long at most. */
  void end(Duration patience) throws InterruptedException {
    more = false;
    long until = System.nanoTime() + patience.toNanos();
    for (Thread thread : threads) {
      thread.join(Math.max(1, (until - System.nanoTime()) / 1_000_000));
    }
    goOn = false;
  }

  Collection<Emission> emissions() {
    return emissions;
  }

  long acknowledged() {
    return acknowledged.get();
  }

  /** What an instance told of lines that it did not take; empty when it took them all. */
  String refusal() {
    return refusal;
  }
}
