package ingest.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import ingest.envelope.EventId;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * A small balancer before the processes of one environment: round robin, and the next one where
 * nobody listens. It keeps what was sent and what was answered, event by event, and can be made to
 * act at a moment of a delivery's way. Thread-safe.
 *
 * <p>Each sender has a door of its own, so that it is known who sent.
 */
public final class Balancer implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofSeconds(15);
  private static final Set<String> OWN_HEADERS =
      Set.of("connection", "content-length", "expect", "host", "upgrade", "transfer-encoding");
  private static final String APPLIED = "applied";

  static {
    // else each answer on a kept connection waits for a delayed acknowledgement
    System.setProperty("sun.net.httpserver.nodelay", "true");
  }

  /** Where a delivery is on its way. */
  public enum Moment {
    /** Its request has left for an environment. */
    SENT,
    /** It was answered; the sender does not know yet. */
    ANSWERED,
    /** The answer is on the wire to the sender. */
    TOLD
  }

  /**
   * What a request came to.
   *
   * @param at when it was there, before the sender was told
   * @param said the environment's results that are not {@code applied}
   * @param told the results that the sender was told that are not {@code applied}
   */
  public record Answer(Instant at, int status, Map<UUID, String> said, Map<UUID, String> told) {}

  /** One request with events, as it passed. */
  public static final class Delivery {
    private final Instant at = Instant.now();
    private final String sender;
    private final int port;
    private final List<UUID> events;
    private volatile String environment = "nobody";
    private volatile @Nullable Answer answer;
    private volatile @Nullable String failure;

    Delivery(String sender, int port, List<UUID> events) {
      this.sender = sender;
      this.port = port;
      this.events = events;
    }

    public Instant at() {
      return at;
    }

    public String sender() {
      return sender;
    }

    /** The sender's end of the connection. */
    public int port() {
      return port;
    }

    public List<UUID> events() {
      return events;
    }

    /** Who it was sent to. */
    public String environment() {
      return environment;
    }

    /** Null where there was none. */
    public @Nullable Answer answer() {
      return answer;
    }

    /** What the environment said of an event. */
    public String said(UUID event) {
      Answer given = answer;
      return given == null
          ? none()
          : given.status == 200
              ? given.said.getOrDefault(event, APPLIED)
              : "answered " + given.status;
    }

    /** What the sender was told of an event. */
    public String told(UUID event) {
      Answer given = answer;
      return given == null
          ? none()
          : given.status == 200
              ? given.told.getOrDefault(event, APPLIED)
              : "answered " + given.status;
    }

    private String none() {
      return failure == null ? "no answer yet" : "no answer: " + failure;
    }
  }

  private record Backend(String name, URI url) {}

  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(2))
          .build();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<Backend> backends = new ArrayList<>();
  private final List<HttpServer> doors = new ArrayList<>();
  private final AtomicInteger turn = new AtomicInteger();
  private final ConcurrentLinkedQueue<Delivery> deliveries = new ConcurrentLinkedQueue<>();
  private final Set<UUID> toRefuse = ConcurrentHashMap.newKeySet();
  private final AtomicReference<@Nullable BiPredicate<Moment, Delivery>> trap =
      new AtomicReference<>();

  /** Balances between processes by name, each at {@code http://host:port}. */
  public Balancer(Map<String, URI> environments) {
    environments.forEach((name, url) -> backends.add(new Backend(name, url)));
  }

  /** Opens a door for a sender; returns its address. */
  public String door(String sender) throws IOException {
    HttpServer door =
        HttpServer.create(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), IngestProcess.freePort()), 0);
    door.setExecutor(threads);
    door.createContext("/", exchange -> pass(sender, exchange));
    door.start();
    doors.add(door);
    return "http://127.0.0.1:" + door.getAddress().getPort();
  }

  /** Everything with events that passed, the oldest first. */
  public Collection<Delivery> deliveries() {
    return deliveries;
  }

  /**
   * Acts at moments of deliveries, on the thread that serves them, until it returns true; in place
   * of what was set before.
   */
  public void at(BiPredicate<Moment, Delivery> action) {
    trap.set(action);
  }

  /** Forgets the action; false when it has been done. */
  public boolean forget(BiPredicate<Moment, Delivery> action) {
    return trap.compareAndSet(action, null);
  }

  /** Has the next answer about an event tell its sender that it was refused, once. */
  public void refuse(UUID event) {
    toRefuse.add(event);
  }

  private void reach(Moment moment, Delivery delivery) {
    BiPredicate<Moment, Delivery> set = trap.get();
    if (set != null && set.test(moment, delivery)) {
      trap.compareAndSet(set, null);
    }
  }

  private void pass(String sender, HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    Delivery delivery = new Delivery(sender, exchange.getRemoteAddress().getPort(), ids(body));
    if (!delivery.events.isEmpty()) {
      deliveries.add(delivery);
    }
    try {
      HttpResponse<byte[]> reply = forward(exchange, body, delivery);
      byte[] told = reply.body();
      if (!delivery.events.isEmpty()) {
        told = note(delivery, reply);
        reach(Moment.ANSWERED, delivery);
      }
      reply
          .headers()
          .map()
          .forEach(
              (name, values) -> {
                if (!OWN_HEADERS.contains(name.toLowerCase(Locale.ROOT))) {
                  exchange.getResponseHeaders().put(name, values);
                }
              });
      answer(exchange, reply.statusCode(), told);
      reach(Moment.TOLD, delivery);
    } catch (IOException | TimeoutException e) {
      delivery.failure = e.toString();
      answer(exchange, 502, new byte[0]);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      exchange.close();
    }
  }

  private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    if (body.length > 0) {
      exchange.getResponseBody().write(body);
      exchange.getResponseBody().flush();
    }
  }

  /** Only what nobody accepted goes to the next: what was sent may have been applied. */
  private HttpResponse<byte[]> forward(HttpExchange exchange, byte[] body, Delivery delivery)
      throws IOException, InterruptedException, TimeoutException {
    int first = turn.getAndIncrement();
    for (int i = 0; i < backends.size(); i++) {
      Backend backend = backends.get(Math.floorMod(first + i, backends.size()));
      HttpRequest.Builder request =
          HttpRequest.newBuilder(backend.url.resolve(exchange.getRequestURI().toString()))
              .method(
                  exchange.getRequestMethod(),
                  body.length == 0
                      ? HttpRequest.BodyPublishers.noBody()
                      : HttpRequest.BodyPublishers.ofByteArray(body));
      exchange
          .getRequestHeaders()
          .forEach(
              (name, values) -> {
                if (!OWN_HEADERS.contains(name.toLowerCase(Locale.ROOT))) {
                  values.forEach(value -> request.header(name, value));
                }
              });
      delivery.environment = backend.name;
      CompletableFuture<HttpResponse<byte[]>> reply =
          client.sendAsync(request.build(), HttpResponse.BodyHandlers.ofByteArray());
      if (!delivery.events.isEmpty()) {
        reach(Moment.SENT, delivery);
      }
      try {
        return reply.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof ConnectException)) {
          throw new IOException(e.getCause());
        }
      }
    }
    throw new IOException("nobody listens");
  }

  /** Notes an answer and returns what the sender is told. */
  private byte[] note(Delivery delivery, HttpResponse<byte[]> reply) throws IOException {
    Map<UUID, String> said = new HashMap<>();
    byte[] body = reply.body();
    if (reply.statusCode() == 200 && JSON.readTree(body) instanceof ObjectNode results) {
      for (Map.Entry<String, JsonNode> result : results.path("results").properties()) {
        said.put(
            EventId.parse(result.getKey()), result.getValue().path("status").asText().intern());
      }
      Map<UUID, String> told = new LinkedHashMap<>(said);
      for (UUID event : delivery.events) {
        if (toRefuse.remove(event)) {
          if (!told.containsKey(event)) {
            results.put("applied", results.path("applied").asInt() - 1);
          }
          results
              .withObject("/results")
              .putObject(EventId.text(event))
              .put("status", "failed")
              .put("error", "refused by the balancer");
          told.put(event, "failed");
          body = JSON.writeValueAsBytes(results);
        }
      }
      delivery.answer = new Answer(Instant.now(), 200, said, told);
    } else {
      delivery.answer = new Answer(Instant.now(), reply.statusCode(), said, said);
    }
    return body;
  }

  /** The ids of a batch, or of a single event; none for what is no delivery. */
  private static List<UUID> ids(byte[] body) throws IOException {
    if (body.length == 0) {
      return List.of();
    }
    JsonNode sent = JSON.readTree(new String(body, StandardCharsets.UTF_8));
    List<UUID> ids = new ArrayList<>();
    (sent.isArray() ? sent : JSON.createArrayNode().add(sent))
        .forEach(event -> ids.add(EventId.parse(event.path("id").asText())));
    return ids;
  }

  @Override
  public void close() {
    doors.forEach(door -> door.stop(0));
    threads.shutdownNow();
  }
}
