package ingest.faults;

import ingest.signature.Secret;
import ingest.signature.Signed;
import ingest.signature.StandardWebhooks;
import ingest.signature.Svix;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** Genuine calls of Resend at a steady rate, whatever else goes on. */
final class Callers implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /**
   * Calls of one phase.
   *
   * @param accepted those that were answered 2xx
   * @param others what the others were answered, or what came in between
   */
  record Heard(int calls, int accepted, Duration p50, Duration p99, List<String> others) {}

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final URI address;
  private final Secret secret;
  private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
  private final List<Long> nanos = new ArrayList<>();
  private final List<String> others = new ArrayList<>();

  /** They begin at once. */
  Callers(int port, String secret, int perSecond) {
    this.address = URI.create("http://127.0.0.1:" + port + "/wh/resend");
    this.secret = Secret.parse(secret);
    ScheduledFuture<?> unused = // no call throws
        clock.scheduleAtFixedRate(this::call, 0, 1_000_000 / perSecond, TimeUnit.MICROSECONDS);
  }

  private void call() {
    byte[] body =
        """
        {"type":"email.sent","created_at":"%s","data":{"email_id":"%s","to":["someone@example.org"]}}
        """
            .formatted(Instant.now(), UUID.randomUUID())
            .getBytes(StandardCharsets.UTF_8);
    Signed signed =
        StandardWebhooks.sign(List.of(secret), "msg_" + UUID.randomUUID(), Instant.now(), body);
    HttpRequest request =
        HttpRequest.newBuilder(address)
            .timeout(PATIENCE)
            .header("content-type", "application/json")
            .header(Svix.ID, signed.id())
            .header(Svix.TIMESTAMP, signed.timestamp())
            .header(Svix.SIGNATURE, signed.signature())
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .build();
    long began = System.nanoTime();
    CompletableFuture<?> unused = // heard either way
        client
            .sendAsync(request, BodyHandlers.discarding())
            .whenComplete(
                (answer, failure) ->
                    heard(
                        System.nanoTime() - began,
                        failure != null
                            ? failure.toString()
                            : Integer.toString(answer.statusCode())));
  }

  private synchronized void heard(long took, String answer) {
    if (answer.matches("2\\d\\d")) {
      nanos.add(took);
    } else {
      others.add(answer);
    }
  }

  /** Those that were answered since the last time. */
  synchronized Heard heard() {
    List<Long> sorted = nanos.stream().sorted().toList();
    Heard heard =
        new Heard(
            sorted.size() + others.size(),
            sorted.size(),
            at(sorted, 0.5),
            at(sorted, 0.99),
            others.stream().distinct().sorted().toList());
    nanos.clear();
    others.clear();
    return heard;
  }

  private static Duration at(List<Long> sorted, double share) {
    return sorted.isEmpty()
        ? Duration.ZERO
        : Duration.ofNanos(sorted.get((int) (share * (sorted.size() - 1))));
  }

  /** Calls no more. */
  @Override
  public void close() {
    clock.shutdownNow();
  }
}
