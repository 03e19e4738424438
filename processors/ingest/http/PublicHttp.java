package ingest.http;

import ingest.settings.SettingException;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.camel.Processor;
import org.apache.camel.component.platform.http.PlatformHttpComponent;
import org.apache.camel.component.platform.http.PlatformHttpEndpoint;
import org.apache.camel.component.platform.http.spi.PlatformHttpConsumer;
import org.apache.camel.component.platform.http.spi.PlatformHttpEngine;
import org.apache.camel.support.service.ServiceSupport;

/**
 * The public port, on which {@code platform-http} routes are served.
 *
 * <p>Camel's own server would hold a thread for as long as a route takes, though it only waits for
 * another thread, and knows no bound for slow, idle or numerous clients. Here a request waits for
 * its body on an event loop, holds one of a few threads while its route computes or blocks, and
 * nothing while a step of the route is asynchronous.
 */
public final class PublicHttp implements AutoCloseable {
  private static final int DOORS = Math.min(4, Runtime.getRuntime().availableProcessors());

  private final Vertx vertx;
  private final int port;
  private final HttpMetrics metrics;
  private final ThreadPoolExecutor workers;
  private final List<Door> doors;
  private final List<Door> listening = new ArrayList<>();

  /** Listens nowhere yet. {@code port} 0 takes a free one. */
  public PublicHttp(Vertx vertx, int port, Bounds bounds, MeterRegistry meters) {
    this.vertx = vertx;
    this.port = port;
    this.metrics = new HttpMetrics(meters);
    this.workers = workers(bounds);
    metrics.queue(meters, workers, w -> w.getQueue().size());
    this.doors =
        Stream.generate(() -> new Door(vertx, port == 0 ? -1 : port, bounds, metrics))
            .limit(DOORS)
            .toList();
  }

  private static ThreadPoolExecutor workers(Bounds bounds) {
    AtomicInteger number = new AtomicInteger();
    ThreadPoolExecutor workers =
        new ThreadPoolExecutor(
            bounds.workers(),
            bounds.workers(),
            1,
            TimeUnit.MINUTES,
            new ArrayBlockingQueue<>(bounds.queue()),
            task -> new Thread(task, "http-" + number.incrementAndGet()));
    workers.allowCoreThreadTimeOut(true);
    return workers;
  }

  /** The component to register as {@code platform-http}. */
  public PlatformHttpComponent component() {
    PlatformHttpComponent component = new PlatformHttpComponent();
    component.setEngine(new Engine());
    return component;
  }

  /** Stands before every route; lets a call pass or fails it with a status. */
  public void guard(Handler<RoutingContext> guard) {
    doors.forEach(door -> door.router().route().order(-1).handler(guard));
  }

  /**
   * Serves from now on; called when the routes are there.
   *
   * @throws SettingException when the port is taken
   */
  public void listen() {
    try {
      doors.forEach(
          door -> vertx.deployVerticle(door).toCompletionStage().toCompletableFuture().join());
    } catch (CompletionException e) {
      throw new SettingException(
          "port %d (HTTP_PORT) cannot be listened to: %s"
              .formatted(port, String.valueOf(e.getCause())));
    }
  }

  /** Lets nobody in any more. The event loops are Vert.x's and end with it. */
  @Override
  public void close() {
    for (Door door : listening) {
      vertx.undeploy(door.deploymentID()).toCompletionStage().toCompletableFuture().join();
    }
    listening.clear();
    workers.shutdown();
  }

  private final class Engine extends ServiceSupport implements PlatformHttpEngine {
    @Override
    public PlatformHttpConsumer createConsumer(PlatformHttpEndpoint endpoint, Processor processor) {
      return new RouteConsumer(endpoint, processor, doors, workers, metrics);
    }

    @Override
    public int getServerPort() {
      return port;
    }
  }
}
