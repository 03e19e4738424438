package ingest.bench;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The cheap receiver, a program of its own: counts requests and bytes, answers 200 without a body
 * and parses nothing. It ends with its standard input, so that it never outlives who started it.
 */
final class Sink {
  private final Deque<HttpServerRequest> held = new ArrayDeque<>();
  private boolean holding;
  private long batches;
  private long singles;
  private long bytes;

  private Sink() {}

  public static void main(String[] args) throws IOException {
    Vertx vertx = Vertx.vertx();
    Sink sink = new Sink();
    vertx
        .createHttpServer()
        .requestHandler(sink::take)
        .listen(0, "127.0.0.1")
        .onSuccess(server -> System.out.println("ready on " + server.actualPort()))
        .onFailure(
            e -> {
              System.out.println(e.getMessage());
              System.exit(1);
            });
    while (System.in.read() >= 0) {
      // until whoever started it is gone
    }
    System.exit(0);
  }

  /** All of it on the one event loop of the server. */
  private void take(HttpServerRequest request) {
    switch (request.path()) {
      case "/hold" -> {
        holding = true;
        request.response().end();
      }
      case "/release" -> {
        holding = false;
        request.response().end();
        held.forEach(r -> r.response().end());
        held.clear();
      }
      case "/counts" ->
          request
              .response()
              .end(
                  new JsonObject()
                      .put("batches", batches)
                      .put("singles", singles)
                      .put("bytes", bytes)
                      .encode());
      default -> {
        if (String.valueOf(request.getHeader("content-type")).contains("batch")) {
          batches++;
        } else {
          singles++;
        }
        request.handler(part -> bytes += part.length());
        request.endHandler(
            end -> {
              if (holding) {
                held.add(request);
              } else {
                request.response().end();
              }
            });
      }
    }
  }
}
