package ingest.embedded.simulator.webhook;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** Carries calls to the receiver on few connections, and never waits for an answer itself. */
final class Courier implements AutoCloseable {
  /** What is told of a call to which nothing came back. */
  static final String NO_ANSWER = "no answer";

  private static final Duration CONNECT = Duration.ofSeconds(2);
  private static final Duration ANSWER = Duration.ofSeconds(10);

  private final URI receiver;
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          2,
          work -> {
            Thread thread = new Thread(work, "simulated-senders");
            thread.setDaemon(true);
            return thread;
          });
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT)
          .executor(threads)
          .build();

  Courier(URI receiver) {
    this.receiver = receiver;
  }

  /** The status that it is answered, or {@link #NO_ANSWER}; never fails. */
  CompletableFuture<String> send(SignedCall call) {
    BodyPublisher body = BodyPublishers.ofString(call.told().body());
    HttpRequest.Builder request =
        to(call.path())
            .POST(call.chunked() ? BodyPublishers.fromPublisher(body) : body); // of no length
    call.headers().forEach(request::header);
    return answered(request.build()).thenApply(a -> a == null ? NO_ANSWER : "" + a.statusCode());
  }

  /** The status, with a remark when it is 200 and the answer is not the one wanted. */
  CompletableFuture<String> challenge(String path, String wanted) {
    return answered(to(path).GET().build())
        .thenApply(
            answer -> {
              if (answer == null) {
                return NO_ANSWER;
              }
              boolean wrong = answer.statusCode() == 200 && !answer.body().contains(wanted);
              return answer.statusCode() + (wrong ? " with the wrong response_token" : "");
            });
  }

  private HttpRequest.Builder to(String path) {
    return HttpRequest.newBuilder(receiver.resolve(path)).timeout(ANSWER);
  }

  private CompletableFuture<@Nullable HttpResponse<String>> answered(HttpRequest request) {
    return client.sendAsync(request, BodyHandlers.ofString()).handle((answer, failure) -> answer);
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
