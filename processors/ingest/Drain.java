package ingest;

import ingest.http.PublicHttp;
import ingest.jmx.JmxHttp;
import ingest.settings.SettingException;
import ingest.settings.Settings;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.camel.CamelContext;
import org.apache.camel.health.HealthCheckRegistry;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/**
 * How a process lets go, in this order: readiness turns false while everything is still served; for
 * {@code drain.notice} a balancer may see that; new requests are answered 503; those on their way
 * are answered. What is polled and delivered ends after that, with the routes.
 */
final class Drain {
  private final Duration timeout;
  private final Duration notice;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition answered = lock.newCondition();
  private int requests;
  private boolean refusing;
  private volatile boolean draining;

  Drain(Settings settings) {
    this.timeout = settings.duration("drain.timeout");
    this.notice =
        settings.has("drain.notice") ? settings.duration("drain.notice") : timeout.dividedBy(5);
    if (notice.isNegative() || notice.multipliedBy(2).compareTo(timeout) > 0) {
      throw new SettingException(
          "DRAIN_NOTICE is %d s: it is a part of DRAIN_TIMEOUT and at most half of it"
              .formatted(notice.toSeconds()));
    }
  }

  /** What is left of the time once the notice is over. */
  Duration work() {
    return timeout.minus(notice);
  }

  /** Adds the readiness check. */
  void announce(CamelContext camel) {
    HealthCheckRegistry.get(camel).register(new Readiness());
  }

  /**
   * Stands before the actions of the management port; health and metrics are answered to the end.
   */
  void guard(Router managementPort) {
    for (String path : List.of("/admin/*", JmxHttp.PATH + "*")) {
      managementPort.route(path).order(-2).handler(context -> enter(context, Drain::refuse));
    }
  }

  /** Stands before every route of the public port, which answers a 503 by itself. */
  void guard(PublicHttp port) {
    port.guard(context -> enter(context, refused -> refused.fail(503)));
  }

  /** Readiness is false; returns when the notice is over. */
  void tell() throws InterruptedException {
    draining = true;
    Thread.sleep(notice.toMillis());
  }

  /** Returns when no request is on its way, or half of the time for work is over. */
  void refuse() throws InterruptedException {
    long nanos = work().dividedBy(2).toNanos();
    lock.lockInterruptibly();
    try {
      refusing = true;
      while (requests > 0 && nanos > 0) {
        nanos = answered.awaitNanos(nanos);
      }
    } finally {
      lock.unlock();
    }
  }

  private void enter(RoutingContext context, Handler<RoutingContext> refuse) {
    lock.lock();
    try {
      if (refusing && !context.request().method().equals(HttpMethod.GET)) {
        refuse.handle(context);
        return;
      }
      requests++;
    } finally {
      lock.unlock();
    }
    context.addEndHandler(end -> left());
    context.next();
  }

  private void left() {
    lock.lock();
    try {
      requests--;
      answered.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Answered once the body was read: an answer before that is lost with the connection. */
  private static void refuse(RoutingContext context) {
    HttpServerRequest request = context.request();
    request.endHandler(
        end ->
            context
                .response()
                .setStatusCode(503)
                .putHeader("content-type", "application/json")
                .putHeader("retry-after", "2")
                .putHeader("connection", "close")
                .end("{\"error\":\"this process drains\"}"));
    request.resume();
  }

  /** Down from the first moment of a drain; liveness is not touched. */
  private final class Readiness extends AbstractHealthCheck {
    Readiness() {
      super("ingest", "drain");
    }

    @Override
    public boolean isLiveness() {
      return false;
    }

    @Override
    protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
      if (draining) {
        builder.message("this process drains").down();
      } else {
        builder.up();
      }
    }
  }
}
