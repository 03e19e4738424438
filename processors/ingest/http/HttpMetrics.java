package ingest.http;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToIntFunction;

/** What the public port counts; every class of status has its counter from the start. */
final class HttpMetrics {
  /** Open connections. */
  final AtomicInteger connections = new AtomicInteger();

  /** Requests whose body is there and whose answer is not. */
  final AtomicInteger inFlight = new AtomicInteger();

  /** Bytes of bodies that are being read or served. */
  final AtomicLong bodies = new AtomicLong();

  final Counter connectionsRefused;
  final Counter busy;
  final Counter crowdedOut;
  final Counter slowHead;
  final Counter slowBody;
  private final List<Counter> byStatus;

  HttpMetrics(MeterRegistry registry) {
    byStatus =
        List.of("2xx", "3xx", "4xx", "5xx").stream()
            .map(
                status ->
                    Counter.builder("ingest.http.requests")
                        .description("Requests of the public port that were answered, by status")
                        .tag("status", status)
                        .register(registry))
            .toList();
    connectionsRefused =
        Counter.builder("ingest.http.connections.refused")
            .description("Connections that were closed at once, beyond http.max-connections")
            .register(registry);
    busy = refused(registry, "busy");
    crowdedOut = refused(registry, "bodies");
    slowHead = slow(registry, "head");
    slowBody = slow(registry, "body");
    Gauge.builder("ingest.http.connections", connections, AtomicInteger::get)
        .description("Open connections of the public port")
        .register(registry);
    Gauge.builder("ingest.http.inflight", inFlight, AtomicInteger::get)
        .description("Requests on their way through a route, queued ones too")
        .register(registry);
    Gauge.builder("ingest.http.bodies", bodies, AtomicLong::get)
        .description("Bytes of bodies that are being read or served")
        .baseUnit("bytes")
        .register(registry);
  }

  private static Counter refused(MeterRegistry registry, String reason) {
    return Counter.builder("ingest.http.refused")
        .description("Requests that were answered 503 by the port itself, for want of room")
        .tag("reason", reason)
        .register(registry);
  }

  private static Counter slow(MeterRegistry registry, String part) {
    return Counter.builder("ingest.http.timeouts")
        .description("Requests that did not arrive in time, by the part that was missing")
        .tag("part", part)
        .register(registry);
  }

  <T> void queue(MeterRegistry registry, T workers, ToIntFunction<T> waiting) {
    Gauge.builder("ingest.http.queue", workers, waiting::applyAsInt)
        .description("Requests that wait for a thread")
        .register(registry);
  }

  void answered(int status) {
    byStatus.get(Math.max(0, Math.min(3, status / 100 - 2))).increment();
  }
}
