package ingest.embedded.simulator;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * The jobs of ScraperAPI: each is over after a moment, is told to the address that its order named,
 * three times at most, and can be asked about all the while. Only an address of this machine is
 * called.
 */
final class ScrapeJobs implements AutoCloseable {
  private static final Duration TAKES = Duration.ofMillis(150);
  private static final Duration AGAIN = Duration.ofSeconds(1);
  private static final int TRIES = 3;

  private final Map<String, String> stands = new ConcurrentHashMap<>();
  private final AtomicInteger toLose = new AtomicInteger();
  private final AtomicInteger toFail = new AtomicInteger();
  private final AtomicInteger toHold = new AtomicInteger();
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread thread = new Thread(work, "simulated-scrape-jobs");
            thread.setDaemon(true);
            return thread;
          });
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(2))
          .build();

  /** {@code over}: what there is to tell when it is over. */
  void take(ObjectNode job, String callback, Supplier<ObjectNode> over) {
    String id = job.path("id").asText();
    stands.put(id, job.toString());
    if (taken(toHold)) {
      return;
    }
    boolean fails = taken(toFail);
    boolean lost = taken(toLose);
    Future<?> unused =
        clock.schedule(
            () -> {
              String told =
                  fails
                      ? job.deepCopy()
                          .put("attempts", 50)
                          .put("status", "failed")
                          .put("failReason", "failed_due_to_timeout")
                          .toString()
                      : over.get().toString();
              stands.put(id, told);
              if (!lost) {
                tell(URI.create(callback), told, 1);
              }
            },
            TAKES.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  private void tell(URI callback, String told, int tries) {
    if (!ofThisMachine(callback)) {
      return;
    }
    HttpRequest request =
        HttpRequest.newBuilder(callback)
            .timeout(Duration.ofSeconds(10))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(told))
            .build();
    Future<?> unused =
        client
            .sendAsync(request, BodyHandlers.discarding())
            .handle((answer, failure) -> answer != null && answer.statusCode() / 100 == 2)
            .thenAccept(
                taken -> {
                  if (!taken && tries < TRIES && !clock.isShutdown()) {
                    Future<?> unusedToo =
                        clock.schedule(
                            () -> tell(callback, told, tries + 1),
                            AGAIN.toMillis(),
                            TimeUnit.MILLISECONDS);
                  }
                });
  }

  private static boolean ofThisMachine(URI callback) {
    try {
      return InetAddress.getByName(callback.getHost()).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  private static boolean taken(AtomicInteger left) {
    return left.getAndUpdate(n -> Math.max(0, n - 1)) > 0;
  }

  /** What the answer to a question about it says; empty where there is no such job. */
  Optional<String> stands(String id) {
    return Optional.ofNullable(stands.get(id));
  }

  /** The callbacks of so many jobs from now on never leave. */
  void lose(int jobs) {
    toLose.set(jobs);
  }

  void fail(int jobs) {
    toFail.set(jobs);
  }

  /** So many jobs from now on run for ever. */
  void hold(int jobs) {
    toHold.set(jobs);
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
