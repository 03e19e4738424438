package ingest.faults;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Stands between a process and a store that speaks HTTP. What passes is told to a guard, before the
 * store has it and when it has answered: a moment between two steps of the process.
 */
final class Gate implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Set<String> HOP =
      Set.of(
          "host",
          "connection",
          "content-length",
          "expect",
          "upgrade",
          "transfer-encoding",
          "http2-settings");

  /** Is told of every request, on a thread of its own for each. */
  interface Guard {
    /** The store does not have the request yet. */
    void before(String request);

    /** The store has answered; the process does not know yet. */
    void after(String request, HttpResponse<byte[]> answer);
  }

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final String store;
  private final Guard guard;

  /** Where {@code store} is away, a caller is told so by a connection that ends. */
  Gate(int port, String store, Guard guard) throws IOException {
    this.store = store;
    this.guard = guard;
    this.server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    server.setExecutor(threads);
    server.createContext("/", this::pass);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private void pass(HttpExchange call) throws IOException {
    try (call) {
      byte[] body = call.getRequestBody().readAllBytes();
      String request = call.getRequestMethod() + " " + call.getRequestURI();
      guard.before(request);
      HttpRequest.Builder onward =
          HttpRequest.newBuilder(URI.create(store + call.getRequestURI()))
              .timeout(PATIENCE)
              .method(call.getRequestMethod(), HttpRequest.BodyPublishers.ofByteArray(body));
      for (Map.Entry<String, java.util.List<String>> header : call.getRequestHeaders().entrySet()) {
        if (!HOP.contains(header.getKey().toLowerCase(Locale.ROOT))) {
          header.getValue().forEach(value -> onward.header(header.getKey(), value));
        }
      }
      HttpResponse<byte[]> answer =
          client.send(onward.build(), HttpResponse.BodyHandlers.ofByteArray());
      guard.after(request, answer);
      answer
          .headers()
          .map()
          .forEach(
              (name, values) -> {
                if (!HOP.contains(name.toLowerCase(Locale.ROOT))) {
                  call.getResponseHeaders().put(name, values);
                }
              });
      call.sendResponseHeaders(
          answer.statusCode(), answer.body().length == 0 ? -1 : answer.body().length);
      if (answer.body().length > 0) {
        call.getResponseBody().write(answer.body());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
