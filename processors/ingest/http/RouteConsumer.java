package ingest.http;

import io.vertx.core.Context;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.regex.Pattern;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangePattern;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.Suspendable;
import org.apache.camel.component.platform.http.PlatformHttpEndpoint;
import org.apache.camel.component.platform.http.spi.Method;
import org.apache.camel.component.platform.http.spi.PlatformHttpConsumer;
import org.apache.camel.spi.HeaderFilterStrategy;
import org.apache.camel.support.DefaultConsumer;
import org.apache.camel.util.CollectionHelper;
import org.jspecify.annotations.Nullable;

/**
 * Feeds one route. Its exchange starts on a worker; whichever thread finishes it makes the answer,
 * and the event loop of the connection sends it.
 *
 * <p>The body is bytes, and none is {@code null} for GET and HEAD, empty for the others. Headers
 * are those of the request, then the parameters of the query that no header has the name of, then
 * those of the path, which win.
 */
final class RouteConsumer extends DefaultConsumer implements PlatformHttpConsumer, Suspendable {
  private static final Pattern PATH_PARAMETER = Pattern.compile("\\{([^/}]+)\\}");

  private static final MultiMap NOTHING = MultiMap.caseInsensitiveMultiMap();

  private final List<Door> doors;
  private final Executor workers;
  private final HttpMetrics metrics;
  private final HeaderFilterStrategy filter;
  private final List<Route> routes = new ArrayList<>();

  RouteConsumer(
      PlatformHttpEndpoint endpoint,
      Processor processor,
      List<Door> doors,
      Executor workers,
      HttpMetrics metrics) {
    super(endpoint, processor);
    this.doors = doors;
    this.workers = workers;
    this.metrics = metrics;
    this.filter = endpoint.getHeaderFilterStrategy();
    if (endpoint.isUseStreaming() || endpoint.isUseCookieHandler() || endpoint.isHttpProxy()) {
      throw new IllegalArgumentException(
          "platform-http:%s: bodies are whole, and there are neither cookies nor a proxy"
              .formatted(endpoint.getPath()));
    }
  }

  @Override
  public PlatformHttpEndpoint getEndpoint() {
    return (PlatformHttpEndpoint) super.getEndpoint();
  }

  @Override
  protected void doStart() throws Exception {
    super.doStart();
    for (Door door : doors) {
      routes.add(route(door));
    }
  }

  @Override
  protected void doStop() throws Exception {
    routes.forEach(Route::remove);
    routes.clear();
    super.doStop();
  }

  private Route route(Door door) {
    PlatformHttpEndpoint endpoint = getEndpoint();
    String path = PATH_PARAMETER.matcher(endpoint.getPath()).replaceAll(":$1");
    boolean below = endpoint.isMatchOnUriPrefix() && !path.endsWith("*");
    Route route = door.router().route(below ? path + "*" : path);
    Set<Method> methods = Method.parseList(endpoint.getHttpMethodRestrict());
    if (!methods.equals(Method.getAll())) {
      methods.forEach(method -> route.method(HttpMethod.valueOf(method.name())));
    }
    types(endpoint.getConsumes()).forEach(route::consumes);
    types(endpoint.getProduces()).forEach(route::produces);
    return route.handler(call -> receive(door.caller(call.request()), call));
  }

  private static List<String> types(@Nullable String listed) {
    return listed == null ? List.of() : List.of(listed.split(","));
  }

  private void receive(Caller caller, RoutingContext call) {
    if (isSuspended()) {
      caller.refuse(503, "this route is suspended", false);
      return;
    }
    MultiMap query = call.request().query() == null ? NOTHING : call.queryParams();
    Context loop = Objects.requireNonNull(Vertx.currentContext());
    caller.read(
        body -> {
          metrics.inFlight.incrementAndGet();
          try {
            workers.execute(() -> run(new Request(call, query, body, loop, caller)));
          } catch (RejectedExecutionException e) {
            metrics.inFlight.decrementAndGet();
            metrics.busy.increment();
            caller.letGo(body);
            caller.refuse(503, "too many requests at once", false);
          }
        });
  }

  /** A whole request, as it leaves its event loop. */
  private static final class Request {
    final RoutingContext call;
    final MultiMap query;
    final byte[] body;
    final Context loop;
    final Caller caller;

    Request(RoutingContext call, MultiMap query, byte[] body, Context loop, Caller caller) {
      this.call = call;
      this.query = query;
      this.body = body;
      this.loop = loop;
      this.caller = caller;
    }

    String method() {
      return call.request().method().name();
    }

    boolean hasNoBody() {
      return body.length == 0 && (method().equals("GET") || method().equals("HEAD"));
    }
  }

  private void run(Request request) {
    Exchange exchange = createExchange(false);
    exchange.setPattern(ExchangePattern.InOut);
    Message message = exchange.getIn();
    headers(request, exchange);
    SortedMap<String, Object> given = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    given.putAll(message.getHeaders());
    message.setBody(request.hasNoBody() ? null : request.body);
    try {
      createUoW(exchange);
    } catch (Exception e) {
      exchange.setException(e);
      finish(exchange, given, request);
      return;
    }
    getAsyncProcessor().process(exchange, done -> finish(exchange, given, request));
  }

  private void headers(Request request, Exchange exchange) {
    Map<String, Object> headers = exchange.getIn().getHeaders();
    for (Map.Entry<String, String> header : request.call.request().headers()) {
      if (!filter.applyFilterToExternalHeaders(header.getKey(), header.getValue(), exchange)) {
        CollectionHelper.appendEntry(headers, header.getKey(), header.getValue());
      }
    }
    for (String name : request.query.names()) {
      if (!headers.containsKey(name)
          && !filter.applyFilterToExternalHeaders(name, request.query.get(name), exchange)) {
        request.query.getAll(name).forEach(v -> CollectionHelper.appendEntry(headers, name, v));
      }
    }
    headers.putAll(request.call.pathParams());
    headers.put(Exchange.HTTP_METHOD, request.method());
    headers.put(Exchange.HTTP_PATH, request.call.normalizedPath());
    headers.put(Exchange.HTTP_URI, request.call.request().uri());
    headers.put(Exchange.HTTP_QUERY, request.call.request().query());
  }

  /** The unit of work is over before the answer is sent: nothing of it is left to be waited for. */
  private void finish(Exchange exchange, Map<String, Object> given, Request request) {
    Answer answer = Answer.of(exchange, given, filter);
    doneUoW(exchange);
    releaseExchange(exchange, false);
    request.loop.runOnContext(
        go -> {
          metrics.inFlight.decrementAndGet();
          request.caller.letGo(request.body);
          request.caller.answer(answer);
        });
  }
}
