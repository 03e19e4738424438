package ingest.http;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.run.IngestProcess;
import ingest.settings.SettingException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.AsyncProcessorSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The public port with small bounds, before routes that show what they were given. */
final class PublicHttpTest {
  private static final Duration IDLE = Duration.ofSeconds(3);
  private static final Duration REQUEST = Duration.ofSeconds(1);
  private static final int BODY = 1000;
  private static final int BODIES = 2500;
  private static final int WORKERS = 2;
  private static final int QUEUE = 3;
  private static final int CONNECTIONS = 700;

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final Vertx vertx = Vertx.vertx();
  private final DefaultCamelContext camel = new DefaultCamelContext();
  private final Waiting waiting = new Waiting();
  private final Set<Thread> released = ConcurrentHashMap.newKeySet();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final AtomicBoolean refusing = new AtomicBoolean();
  private CountDownLatch block = new CountDownLatch(0);
  private int port;

  /** A step that ends when a test says so, on the test's thread. */
  private final class Waiting extends AsyncProcessorSupport {
    final ConcurrentLinkedQueue<Runnable> ends = new ConcurrentLinkedQueue<>();

    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
      ends.add(
          () -> {
            released.add(Thread.currentThread());
            callback.done(false);
          });
      return false;
    }
  }

  @BeforeEach
  void start() throws Exception {
    port = IngestProcess.freePort();
    PublicHttp http =
        new PublicHttp(
            vertx,
            port,
            new Bounds(CONNECTIONS, IDLE, REQUEST, BODY, BODIES, WORKERS, QUEUE),
            meters);
    http.guard(
        call -> {
          if (refusing.get()) {
            call.fail(503);
          } else {
            call.next();
          }
        });
    camel.addComponent("platform-http", http.component());
    camel.addRoutes(routes());
    camel.start();
    http.listen();
    open.push(camel);
    open.push(http);
  }

  private RouteBuilder routes() {
    return new RouteBuilder() {
      @Override
      public void configure() {
        from("platform-http:/echo/{name}?httpMethodRestrict=GET,POST,HEAD")
            .routeId("echo")
            .process(
                exchange -> {
                  byte[] body = exchange.getMessage().getBody(byte[].class);
                  exchange
                      .getMessage()
                      .setBody(
                          "%s %s %s %s %s %s"
                              .formatted(
                                  exchange.getMessage().getHeader(Exchange.HTTP_METHOD),
                                  exchange.getMessage().getHeader(Exchange.HTTP_PATH),
                                  exchange.getMessage().getHeader("name"),
                                  exchange.getMessage().getHeader("colour"),
                                  exchange.getMessage().getHeader("x-sent"),
                                  body == null ? "none" : body.length));
                  exchange.getMessage().setHeader("X-Set", List.of("one", "two"));
                });
        from("platform-http:/json?httpMethodRestrict=POST&consumes=application/json")
            .setBody(constant("{}"))
            .setHeader("Content-Type", constant("application/json"));
        from("platform-http:/silent").process(exchange -> exchange.getMessage().setBody(null));
        from("platform-http:/wait").routeId("wait").process(waiting).setBody(constant("waited"));
        from("platform-http:/block")
            .process(exchange -> block.await())
            .setBody(constant("unblocked"));
        from("platform-http:/fail")
            .errorHandler(noErrorHandler())
            .throwException(new IllegalStateException("the secret reason"));
        from("platform-http:/wait-and-fail")
            .errorHandler(noErrorHandler())
            .process(waiting)
            .throwException(new IllegalStateException("the secret reason"));
        from("platform-http:/no-body").setBody(constant(new Object()));
      }
    };
  }

  @AfterEach
  void stop() throws Exception {
    block.countDown();
    for (AutoCloseable each : open) {
      each.close();
    }
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  // ── what a route gets and gives ──────────────────────────────────────────────────────────────

  private HttpResponse<String> send(String method, String path, BodyPublisher body, String... head)
      throws IOException, InterruptedException {
    return client.send(request(method, path, body, head), BodyHandlers.ofString());
  }

  private HttpRequest request(String method, String path, BodyPublisher body, String... head) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(Duration.ofSeconds(30))
            .method(method, body);
    return (head.length == 0 ? request : request.headers(head)).build();
  }

  private CompletableFuture<HttpResponse<String>> sending(String path) {
    return client.sendAsync(
        request("POST", path, BodyPublishers.ofString("x")), BodyHandlers.ofString());
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource({
    "POST, /echo/a%20b?colour=red, 3, POST /echo/a%20b a b red kept 3",
    "POST, /echo/n, 0, POST /echo/n n null kept 0",
    "GET, /echo/n?name=other, 0, GET /echo/n n null kept none",
    "POST, /echo/n?x-sent=forged, 0, POST /echo/n n null kept 0",
  })
  void a_route_is_given_the_request(String method, String path, int length, String told)
      throws Exception {
    BodyPublisher body =
        length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofString("x".repeat(length));
    HttpResponse<String> answer = send(method, path, body, "x-sent", "kept");
    assertEquals(200, answer.statusCode());
    assertEquals(told, answer.body());
  }

  @Test
  void only_what_the_route_set_is_answered() throws Exception {
    HttpResponse<String> answer =
        send(
            "POST",
            "/echo/n?colour=red",
            BodyPublishers.ofString("secret"),
            "x-sent",
            "secret",
            "content-type",
            "application/secret",
            "authorization",
            "Bearer secret");
    assertEquals(
        Set.of("content-length", "x-set"),
        Set.copyOf(
            answer.headers().map().keySet().stream()
                .map(name -> name.toLowerCase(Locale.ROOT))
                .toList()));
    assertEquals(List.of("one", "two"), answer.headers().allValues("X-Set"));
  }

  @ParameterizedTest(name = "{0} {1} of {2}: {3}")
  @CsvSource(
      nullValues = "-",
      value = {
        "GET, /nothing, -, 404",
        "POST, /nothing, application/json, 404",
        "DELETE, /echo/n, -, 405",
        "POST, /json, application/json; charset=utf-8, 200",
        "POST, /json, text/plain, 415",
        "GET, /silent, -, 204",
        "POST, /fail, text/plain, 500",
        "POST, /no-body, text/plain, 500",
      })
  void a_status_is_answered_and_the_connection_kept(
      String method, String path, @Nullable String type, int status) throws Exception {
    String request =
        "%s %s HTTP/1.1\r\nhost: h\r\n%s\r\n%s"
            .formatted(
                method,
                path,
                type == null ? "" : "content-type: " + type + "\r\ncontent-length: 2\r\n",
                type == null ? "" : "[]");
    try (RawClient raw = new RawClient(port)) {
      String answer = raw.send(request).answer();
      assertEquals(status, Integer.parseInt(answer.substring(9, 12)), answer);
      assertFalse(answer.contains("secret"), answer);
      assertEquals(status, raw.send(request).status());
    }
  }

  @Test
  void a_failure_tells_nothing_of_its_reason() throws Exception {
    HttpResponse<String> answer = send("POST", "/fail", BodyPublishers.ofString("x"));
    assertEquals("{}", answer.body());
    assertEquals("application/json", answer.headers().firstValue("content-type").orElse(""));
  }

  @Test
  void a_head_is_answered_without_a_body_but_with_its_length() throws Exception {
    try (RawClient raw = new RawClient(port)) {
      raw.send("HEAD /echo/n HTTP/1.1\r\nhost: h\r\n\r\nGET /echo/n HTTP/1.1\r\nhost: h\r\n\r\n");
      String length = "HEAD /echo/n n null null none".length() + "\r\n";
      String head = raw.head();
      assertTrue(head.toLowerCase(Locale.ROOT).contains("content-length: " + length), head);
      assertTrue(raw.answer().endsWith("GET /echo/n n null null none"));
    }
  }

  @Test
  void requests_that_come_at_once_on_a_connection_are_answered_in_their_order() throws Exception {
    try (RawClient raw = new RawClient(port)) {
      raw.send("POST /echo/a HTTP/1.1\r\nhost: h\r\ncontent-length: 3\r\n\r\nabc".repeat(5));
      raw.send("POST /echo/b HTTP/1.1\r\nhost: h\r\ncontent-length: 3\r\n\r\nabc");
      for (int i = 0; i < 5; i++) {
        assertTrue(raw.answer().endsWith("POST /echo/a a null null 3"));
      }
      assertTrue(raw.answer().endsWith("POST /echo/b b null null 3"));
    }
  }

  @Test
  void who_asks_before_sending_a_body_is_told_to_go_on() throws Exception {
    try (RawClient raw = new RawClient(port)) {
      raw.send(
          "POST /echo/a HTTP/1.1\r\nhost: h\r\nexpect: 100-continue\r\ncontent-length: 3\r\n\r\n");
      assertEquals(100, raw.status());
      assertEquals(200, raw.send("abc").status());
    }
  }

  // ── asynchronous ─────────────────────────────────────────────────────────────────────────────

  @Test
  void a_request_that_waits_for_another_thread_holds_none_itself() throws Exception {
    int several = (WORKERS + QUEUE) * 4;
    List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
    for (int i = 0; i < several; i++) {
      answers.add(sending("/wait"));
      int sent = i + 1;
      await().until(() -> waiting.ends.size() == sent);
    }
    assertEquals(several, camel.getInflightRepository().size("wait"));
    assertEquals(several, meters.get("ingest.http.inflight").gauge().value());
    assertEquals(0, meters.get("ingest.http.queue").gauge().value());
    waiting.ends.forEach(Runnable::run);
    for (CompletableFuture<HttpResponse<String>> answer : answers) {
      assertEquals("waited", answer.join().body());
    }
    assertEquals(0, camel.getInflightRepository().size("wait"));
    assertEquals(0, meters.get("ingest.http.inflight").gauge().value());
    assertEquals(Set.of(Thread.currentThread()), released);
  }

  @Test
  void a_failure_after_the_wait_is_a_failure() throws Exception {
    CompletableFuture<HttpResponse<String>> answer = sending("/wait-and-fail");
    await().until(() -> waiting.ends.size() == 1);
    waiting.ends.forEach(Runnable::run);
    assertEquals(500, answer.join().statusCode());
    assertEquals("{}", answer.join().body());
  }

  @Test
  void beyond_the_queue_is_answered_503_and_the_others_are_served() throws Exception {
    block = new CountDownLatch(1);
    List<CompletableFuture<HttpResponse<String>>> served = new ArrayList<>();
    for (int i = 1; i <= WORKERS + QUEUE; i++) {
      served.add(sending("/block"));
      int sent = i;
      await().until(() -> meters.get("ingest.http.inflight").gauge().value() == sent);
    }
    assertEquals(QUEUE, meters.get("ingest.http.queue").gauge().value());
    HttpResponse<String> refused = sending("/echo/n").join();
    assertEquals(503, refused.statusCode());
    assertEquals("2", refused.headers().firstValue("retry-after").orElse(""));
    assertEquals(1, meters.get("ingest.http.refused").tag("reason", "busy").counter().count());
    block.countDown();
    served.forEach(answer -> assertEquals("unblocked", answer.join().body()));
    assertEquals(200, sending("/echo/n").join().statusCode());
  }

  @Test
  void a_client_that_is_gone_costs_nothing_more() throws Exception {
    try (RawClient raw = new RawClient(port)) {
      raw.send("POST /wait HTTP/1.1\r\nhost: h\r\ncontent-length: 3\r\n\r\nabc");
      await().until(() -> waiting.ends.size() == 1);
      assertEquals(3, meters.get("ingest.http.bodies").gauge().value());
    }
    await().until(() -> meters.get("ingest.http.connections").gauge().value() == 0);
    waiting.ends.forEach(Runnable::run);
    await().until(() -> meters.get("ingest.http.inflight").gauge().value() == 0);
    assertEquals(0, meters.get("ingest.http.bodies").gauge().value());
    assertEquals(200, sending("/echo/n").join().statusCode());
  }

  @Test
  void a_port_that_drains_answers_503_and_closes() throws Exception {
    refusing.set(true);
    try (RawClient raw = new RawClient(port)) {
      raw.send("POST /echo/n HTTP/1.1\r\nhost: h\r\ncontent-length: 3\r\n\r\n");
      String answer = raw.send("abc").answer();
      assertTrue(answer.startsWith("HTTP/1.1 503 "), answer);
      assertTrue(answer.contains("connection: close\r\n"), answer);
      assertTrue(answer.contains("Retry-After: 2\r\n"), answer);
      assertTrue(raw.closed());
    }
  }

  @Test
  void a_port_that_is_taken_is_told() {
    Vertx other = Vertx.vertx();
    try (PublicHttp elsewhere =
        new PublicHttp(
            other, port, new Bounds(1, IDLE, REQUEST, 1, 1, 1, 1), new SimpleMeterRegistry())) {
      SettingException told = assertThrows(SettingException.class, elsewhere::listen);
      assertTrue(String.valueOf(told.getMessage()).contains("HTTP_PORT"), told.getMessage());
    } finally {
      other.close();
    }
  }

  // ── clients that misbehave ───────────────────────────────────────────────────────────────────

  @Test
  void a_body_that_says_it_is_too_large_is_refused_unread() throws Exception {
    try (RawClient raw = new RawClient(port)) {
      raw.send("POST /echo/n HTTP/1.1\r\nhost: h\r\ncontent-length: 1001\r\n\r\n");
      assertEquals(413, raw.status());
      assertTrue(raw.closed());
    }
  }

  @Test
  void a_body_within_the_bound_is_taken() throws Exception {
    HttpResponse<String> answer =
        send("POST", "/echo/n", BodyPublishers.ofString("x".repeat(BODY)));
    assertEquals("POST /echo/n n null null 1000", answer.body());
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({"/echo/n, 413", "/nothing, 404", "/json, 415"})
  void a_chunked_body_without_end_is_cut_off(String path, int status) throws Exception {
    try (RawClient raw = new RawClient(port)) {
      raw.send("POST " + path + " HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n");
      String chunk = "64\r\n" + "x".repeat(100) + "\r\n";
      CompletableFuture<Integer> answered =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return raw.status();
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              });
      long sent = 0;
      try {
        while (sent < 1_000_000_000L) {
          raw.send(chunk);
          sent += 100;
        }
      } catch (SocketException e) {
        // closed before it has taken all that
      }
      assertEquals(status, answered.join());
      assertTrue(sent < 100_000_000, "it took " + sent);
    }
    await().until(() -> meters.get("ingest.http.bodies").gauge().value() == 0);
  }

  @Test
  void a_body_that_comes_a_byte_at_a_time_is_told_408_and_others_are_served() throws Exception {
    try (RawClient raw = new RawClient(port)) {
      raw.send("POST /echo/n HTTP/1.1\r\nhost: h\r\ncontent-length: 900\r\n\r\n");
      CompletableFuture<String> answer = drip(raw);
      assertEquals(200, sending("/echo/n").join().statusCode());
      assertTrue(answer.join().startsWith("HTTP/1.1 408 "), answer.join());
      assertEquals(1, meters.get("ingest.http.timeouts").tag("part", "body").counter().count());
      assertTrue(raw.closed());
    }
  }

  @Test
  void headers_that_come_a_byte_at_a_time_are_not_waited_for() throws Exception {
    try (RawClient raw = new RawClient(port)) {
      raw.send("POST /echo/n HTTP/1.1\r\nhost: h\r\nx-slow: ");
      CompletableFuture<String> answer = drip(raw);
      assertEquals(200, sending("/echo/n").join().statusCode());
      assertEquals("", answer.join());
      assertEquals(1, meters.get("ingest.http.timeouts").tag("part", "head").counter().count());
    }
  }

  @Test
  void slow_headers_of_a_later_request_have_no_longer_than_an_idle_connection() throws Exception {
    try (RawClient raw = new RawClient(port)) {
      assertEquals(200, raw.send("GET /echo/n HTTP/1.1\r\nhost: h\r\n\r\n").status());
      raw.send("GET /echo/n HTTP/1.1\r\nhost: h\r\nx-slow: ");
      assertEquals("", drip(raw).join());
    }
  }

  /** A byte at a time, until there is an answer or the end. */
  private static CompletableFuture<String> drip(RawClient raw) {
    CompletableFuture<String> answer =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return raw.answer();
              } catch (SocketException e) {
                return "";
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
            });
    Thread dripping =
        new Thread(
            () -> {
              try {
                while (!answer.isDone()) {
                  raw.send("x");
                  Thread.sleep(50);
                }
              } catch (IOException | InterruptedException e) {
                // it is over
              }
            });
    dripping.setDaemon(true);
    dripping.start();
    return answer;
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({"headers, 431", "a line, 414", "nonsense, 400"})
  void what_is_no_request_is_refused_and_closed(String what, int status) throws Exception {
    String sent =
        switch (what) {
          case "headers" -> "GET / HTTP/1.1\r\nx-huge: " + "x".repeat(20_000) + "\r\n\r\n";
          case "a line" -> "GET /" + "x".repeat(20_000) + " HTTP/1.1\r\n\r\n";
          default -> "\u0000nonsense\r\n\r\n";
        };
    try (RawClient raw = new RawClient(port)) {
      assertEquals(status, raw.send(sent).status());
      assertTrue(raw.closed());
    }
    assertEquals(1, meters.get("ingest.http.requests").tag("status", "4xx").counter().count());
  }

  @Test
  void large_bodies_on_their_way_make_room_for_others() throws Exception {
    try (RawClient first = new RawClient(port);
        RawClient second = new RawClient(port);
        RawClient third = new RawClient(port);
        RawClient fourth = new RawClient(port)) {
      List<RawClient> slow = List.of(first, second, third, fourth);
      for (RawClient each : slow) {
        each.send("POST /echo/n HTTP/1.1\r\nhost: h\r\ncontent-length: 999\r\n\r\n");
        each.send("x".repeat(700));
      }
      await()
          .until(
              () ->
                  meters.get("ingest.http.refused").tag("reason", "bodies").counter().count() == 1);
      assertEquals(200, sending("/echo/n").join().statusCode());
      assertEquals(3 * 700, meters.get("ingest.http.bodies").gauge().value());
    }
    await().until(() -> meters.get("ingest.http.bodies").gauge().value() == 0);
  }

  @Test
  void idle_connections_are_bounded_and_closed_and_others_are_served() throws Exception {
    List<RawClient> idle = new ArrayList<>();
    try {
      for (int i = 0; i < CONNECTIONS - 1; i++) {
        RawClient one = new RawClient(port);
        idle.add(one);
        assertEquals(200, one.send("GET /echo/n HTTP/1.1\r\nhost: h\r\n\r\n").status());
      }
      assertEquals(CONNECTIONS - 1, meters.get("ingest.http.connections").gauge().value());
      assertEquals(200, sending("/echo/n").join().statusCode());
      try (RawClient beyond = new RawClient(port)) {
        assertTrue(beyond.closed());
      }
      assertEquals(1, meters.get("ingest.http.connections.refused").counter().count());
      assertEquals(200, sending("/echo/n").join().statusCode());
      for (RawClient one : idle) {
        assertTrue(one.closed());
      }
    } finally {
      for (RawClient one : idle) {
        one.close();
      }
    }
  }
}
