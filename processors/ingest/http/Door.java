package ingest.http;

import io.vertx.core.AbstractVerticle;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One event loop of the public port: the connections that it serves and the routes that it knows.
 * Connections come to the doors of a port in turn.
 */
final class Door extends AbstractVerticle {
  private static final Logger LOG = LoggerFactory.getLogger(Door.class);

  private static final int BACKLOG = 1024;
  private static final int LINE_BYTES = 8 * 1024;
  private static final int HEADER_BYTES = 16 * 1024;
  private static final long LOOK_MILLIS = 500;

  /** What the port itself answers when no route does. */
  private static final Map<Integer, String> REFUSALS =
      Map.of(
          400, "not a valid request",
          404, "there is nothing here",
          405, "not with this method",
          406, "not in a form that is accepted",
          415, "not a media type that is taken",
          500, "internal error",
          503, "this process drains");

  /** As for {@link io.vertx.core.http.HttpServer}; below zero: a free one, the same for all. */
  private final int port;

  private final Bounds bounds;
  private final HttpMetrics metrics;
  private final Router router;
  private final Map<HttpConnection, Caller> callers = new HashMap<>();

  Door(Vertx vertx, int port, Bounds bounds, HttpMetrics metrics) {
    this.port = port;
    this.bounds = bounds;
    this.metrics = metrics;
    this.router = Router.router(vertx);
    REFUSALS.forEach(
        (status, why) ->
            router.errorHandler(status, call -> caller(call.request()).refuse(status, why, false)));
    router.route().order(-2).failureHandler(this::failed);
  }

  /** A guard has refused, or a handler of the port has failed; the connection ends with it. */
  private void failed(RoutingContext call) {
    int status = REFUSALS.containsKey(call.statusCode()) ? call.statusCode() : 500;
    if (call.failure() != null) {
      LOG.warn("answering {} to {}: {}", status, call.normalizedPath(), call.failure().toString());
    }
    caller(call.request()).refuse(status, Objects.requireNonNull(REFUSALS.get(status)), true);
  }

  /** Where routes are added; safe from any thread. */
  Router router() {
    return router;
  }

  @Override
  public void start(Promise<Void> started) {
    HttpServerOptions options =
        new HttpServerOptions()
            .setAcceptBacklog(BACKLOG)
            .setMaxInitialLineLength(LINE_BYTES)
            .setMaxHeaderSize(HEADER_BYTES)
            .setHttp2ClearTextEnabled(false) // one connection, one request at a time
            .setCompressionSupported(false)
            .setDecompressionSupported(false); // what is signed are the bytes that came
    vertx.setPeriodic(LOOK_MILLIS, timer -> look());
    vertx
        .createHttpServer(options)
        .connectionHandler(this::greet)
        .requestHandler(this::ask)
        .invalidRequestHandler(this::garbled)
        .listen(port)
        .<Void>mapEmpty()
        .onComplete(started);
  }

  private void greet(HttpConnection connection) {
    if (metrics.connections.incrementAndGet() > bounds.connections()) {
      metrics.connections.decrementAndGet();
      metrics.connectionsRefused.increment();
      connection.close();
      return;
    }
    Caller caller = new Caller(connection, this, bounds, metrics);
    callers.put(connection, caller);
    connection.closeHandler(
        closed -> {
          metrics.connections.decrementAndGet();
          callers.remove(connection);
          caller.gone();
        });
  }

  private void ask(HttpServerRequest request) {
    Caller caller = callers.get(request.connection());
    if (caller != null) { // else it is being closed
      caller.asks(request);
      router.handle(request);
    }
  }

  /** Headers or a line beyond their bounds, and whatever is not HTTP. */
  private void garbled(HttpServerRequest request) {
    HttpServerRequest.DEFAULT_INVALID_REQUEST_HANDLER.handle(request);
    metrics.answered(request.response().getStatusCode());
  }

  /** The connection of a request that is being handled. */
  Caller caller(HttpServerRequest request) {
    return Objects.requireNonNull(callers.get(request.connection()));
  }

  private void look() {
    long now = System.nanoTime();
    List.copyOf(callers.values()).forEach(caller -> caller.look(now));
  }

  /** Gives up the largest body of this loop that is still on its way. */
  void makeRoom() {
    callers.values().stream()
        .max(Comparator.comparingInt(Caller::holds))
        .ifPresent(Caller::makeRoom);
  }
}
