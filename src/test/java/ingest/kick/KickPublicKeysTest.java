package ingest.kick;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import ingest.settings.SettingException;
import ingest.settings.Settings;
import ingest.signature.Verdict;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class KickPublicKeysTest {
  private static final SigningKick FIRST = new SigningKick(2048);
  private static final SigningKick SECOND = new SigningKick(2048);
  private static final SigningKick THIRD = new SigningKick(2048);
  private static final byte[] BODY = "{\"is_live\":true}".getBytes(UTF_8);

  private final MovedClock clock = new MovedClock();
  private final AtomicInteger asked = new AtomicInteger();
  private volatile SigningKick published = FIRST;
  private volatile boolean away;

  private final KickSignature scheme =
      new KickSignature(KickPublicKeys.fetched(this::ask, clock), Duration.ofMinutes(10), 1);

  private String ask() throws IOException {
    asked.incrementAndGet();
    if (away) {
      throw new IOException("away");
    }
    return published.pem();
  }

  private Verdict verdict(SigningKick sender) {
    return scheme.verify(sender.signed(BODY), BODY, Instant.parse(SigningKick.TIME));
  }

  @Test
  void the_first_call_asks_for_the_key_and_is_verified_with_it() {
    assertEquals(Verdict.VALID, verdict(FIRST));
    assertEquals(Verdict.VALID, verdict(FIRST));
    assertEquals(1, asked.get());
  }

  @Test
  void the_first_call_by_a_new_key_is_verified_and_so_are_those_by_the_one_before() {
    assertEquals(Verdict.VALID, verdict(FIRST));
    published = SECOND;
    clock.move(Duration.ofMinutes(1));
    assertEquals(Verdict.VALID, verdict(SECOND));
    assertEquals(Verdict.VALID, verdict(FIRST));
    published = THIRD;
    clock.move(Duration.ofMinutes(1));
    assertEquals(Verdict.VALID, verdict(THIRD));
    assertEquals(Verdict.VALID, verdict(SECOND));
    assertEquals(Verdict.NO_MATCH, verdict(FIRST), "two keys back");
    assertEquals(3, asked.get());
  }

  @Test
  void forged_calls_ask_once_a_minute_however_many_they_are() {
    assertEquals(Verdict.VALID, verdict(FIRST));
    for (int minute = 0; minute < 3; minute++) {
      for (int i = 0; i < 50; i++) {
        assertEquals(Verdict.NO_MATCH, verdict(SECOND));
      }
      assertEquals(1 + minute, asked.get());
      clock.move(Duration.ofMinutes(1));
    }
    assertEquals(Verdict.VALID, verdict(FIRST), "and the key stays");
  }

  @Test
  void a_clock_that_is_put_back_does_not_keep_the_old_key_for_hours() {
    assertEquals(Verdict.VALID, verdict(FIRST));
    published = SECOND;
    clock.move(Duration.ofHours(-1));
    assertEquals(Verdict.VALID, verdict(SECOND));
  }

  @Test
  void what_cannot_be_fetched_leaves_the_key_as_it_is() {
    assertEquals(Verdict.VALID, verdict(FIRST));
    away = true;
    clock.move(Duration.ofMinutes(1));
    assertEquals(Verdict.NO_MATCH, verdict(SECOND));
    assertEquals(Verdict.VALID, verdict(FIRST));
    assertEquals(2, asked.get());
  }

  @Test
  void without_any_key_nothing_is_decided_and_the_key_is_asked_for_again_soon() {
    away = true;
    assertEquals(Verdict.NO_KEY, verdict(FIRST));
    assertEquals(Verdict.NO_KEY, verdict(FIRST));
    assertTrue(Verdict.NO_KEY.undecided());
    assertEquals(1, asked.get());
    away = false;
    clock.move(Duration.ofSeconds(5));
    assertEquals(Verdict.VALID, verdict(FIRST));
    assertEquals(2, asked.get());
  }

  @Test
  void junk_asks_for_no_key() {
    Map<String, String> headers = FIRST.signed(BODY);
    headers.put("kick-event-signature", "AAAA");
    assertEquals(
        Verdict.BAD_SIGNATURE, scheme.verify(headers, BODY, Instant.parse(SigningKick.TIME)));
    assertEquals(0, asked.get());
  }

  @Test
  void calls_that_come_at_the_same_time_ask_once_and_wait_for_the_answer() throws Exception {
    CountDownLatch underWay = new CountDownLatch(1);
    CountDownLatch answer = new CountDownLatch(1);
    KickSignature slow =
        new KickSignature(
            KickPublicKeys.fetched(
                () -> {
                  underWay.countDown();
                  answer.await();
                  return ask();
                },
                clock),
            Duration.ofMinutes(10),
            4);
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      Future<Verdict> first = threads.submit(() -> of(slow, FIRST));
      underWay.await();
      List<Future<Verdict>> others =
          List.of(1, 2, 3).stream().map(i -> threads.submit(() -> of(slow, FIRST))).toList();
      answer.countDown();
      assertEquals(Verdict.VALID, first.get());
      for (Future<Verdict> other : others) {
        assertEquals(Verdict.VALID, other.get());
      }
      assertEquals(1, asked.get());
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void no_more_than_a_few_calls_wait_for_a_key() throws Exception {
    CountDownLatch underWay = new CountDownLatch(1);
    CountDownLatch answer = new CountDownLatch(1);
    KickSignature slow =
        new KickSignature(
            KickPublicKeys.fetched(
                () -> {
                  underWay.countDown();
                  answer.await();
                  return ask();
                },
                clock),
            Duration.ofMinutes(10),
            4);
    ExecutorService threads = Executors.newFixedThreadPool(16);
    try {
      Future<Verdict> first = threads.submit(() -> of(slow, FIRST));
      underWay.await();
      List<Future<Verdict>> others =
          IntStream.range(0, 15).mapToObj(i -> threads.submit(() -> of(slow, FIRST))).toList();
      int decidedWithout = 0;
      for (Future<Verdict> other : others) {
        decidedWithout += other.get() == Verdict.NO_KEY ? 1 : 0;
      }
      assertEquals(15, decidedWithout, "some at once, the others when they had waited");
      answer.countDown();
      assertEquals(Verdict.VALID, first.get());
    } finally {
      threads.shutdownNow();
    }
  }

  private static Verdict of(KickSignature scheme, SigningKick sender) {
    return scheme.verify(sender.signed(BODY), BODY, Instant.parse(SigningKick.TIME));
  }

  @Test
  void the_key_that_kick_published_is_read() throws Exception {
    JsonNode kick =
        new ObjectMapper()
            .readTree(Files.readString(Path.of("src/test/resources/signatures/vectors.json")))
            .path("kick");
    KickPublicKeys keys = KickPublicKeys.configured(kick.path("public_key_pem").textValue());
    assertEquals(
        kick.path("public_key_der_sha256").textValue(),
        HexFormat.of()
            .formatHex(
                MessageDigest.getInstance("SHA-256").digest(keys.current().get(0).getEncoded())));
    assertEquals(2048, keys.current().get(0).getModulus().bitLength());
  }

  @Test
  void a_variable_of_one_line_will_do() {
    String pem = FIRST.pem();
    for (String written :
        List.of(
            pem,
            pem.replace("\n", "\\n"),
            pem.replace("\n", "\r\n"),
            pem.replace("\n", " "),
            pem.strip())) {
      assertEquals(
          KickPublicKeys.configured(pem).current(), KickPublicKeys.configured(written).current());
    }
    assertEquals(2, KickPublicKeys.configured(pem + SECOND.pem()).current().size());
    assertEquals(2, KickPublicKeys.configured(pem + "\\n" + SECOND.pem()).current().size());
  }

  @Test
  void what_is_no_key_is_refused() throws Exception {
    KeyPairGenerator curve = KeyPairGenerator.getInstance("EC");
    curve.initialize(256);
    for (String pem :
        List.of(
            "",
            "key",
            FIRST.pem() + "and more",
            FIRST.pem().replace("PUBLIC", "PRIVATE"),
            SigningKick.pem(new byte[200]),
            SigningKick.pem(curve.generateKeyPair().getPublic().getEncoded()),
            new SigningKick(1024).pem())) {
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> KickPublicKeys.configured(pem), pem);
      assertFalse(String.valueOf(e.getMessage()).contains("MII"), "the key is not told");
    }
  }

  @Test
  void keys_that_are_configured_are_never_asked_for() throws Exception {
    Settings settings =
        Settings.load(
            Path.of(""),
            Map.of("KICK_API_URL", "http://kick.example", "KICK_WEBHOOK_PUBLIC_KEY", FIRST.pem()));
    KickSignature configured = KickSignature.of(settings, clock);
    assertEquals(Verdict.VALID, of(configured, FIRST));
    assertEquals(Verdict.NO_MATCH, of(configured, SECOND));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"http://api.kick.com", "http://127.0.0.1.example", "http://localhost.example:80"})
  void a_key_is_not_fetched_over_a_line_on_which_anybody_can_change_it(String url)
      throws Exception {
    Settings settings = Settings.load(Path.of(""), Map.of("KICK_API_URL", url));
    assertThrows(SettingException.class, () -> KickPublicKeys.of(settings, clock));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://api.kick.com",
        "http://127.0.0.1:18080",
        "http://localhost:80",
        "http://[::1]:1"
      })
  void a_key_is_fetched_over_tls_or_from_this_machine(String url) throws Exception {
    Settings settings = Settings.load(Path.of(""), Map.of("KICK_API_URL", url));
    assertEquals(List.of(), KickPublicKeys.of(settings, clock).current());
  }

  @Test
  void kick_is_asked() throws Exception {
    assertEquals(Verdict.VALID, overHttp(200, answer(FIRST), false));
  }

  @Test
  void an_answer_that_is_none_is_not_taken() throws Exception {
    assertEquals(Verdict.NO_KEY, overHttp(500, answer(FIRST), false));
    assertEquals(Verdict.NO_KEY, overHttp(302, answer(FIRST), false));
    assertEquals(Verdict.NO_KEY, overHttp(200, "{\"data\":\"limit\"}", false));
    assertEquals(Verdict.NO_KEY, overHttp(200, "<html>", false));
    assertEquals(Verdict.NO_KEY, overHttp(200, "", false));
  }

  @Test
  @Timeout(60)
  void an_answer_without_an_end_is_left() throws Exception {
    assertEquals(Verdict.NO_KEY, overHttp(200, "x".repeat(64), true));
  }

  @Test
  @Timeout(60)
  void an_answer_that_comes_byte_by_byte_is_left_in_time() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    HttpServer kick =
        kick(
            request -> {
              request.sendResponseHeaders(200, 0);
              request.getResponseBody().write('{');
              request.getResponseBody().flush();
              await(over);
            });
    try {
      URI api = URI.create("http://127.0.0.1:" + kick.getAddress().getPort());
      PublishedKey slow = new PublishedKey(api, Duration.ofSeconds(5), Duration.ofMillis(300));
      assertThrows(IOException.class, slow::ask);
    } finally {
      over.countDown();
      kick.stop(0);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static HttpServer kick(HttpHandler handler) throws IOException {
    HttpServer kick =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    kick.setExecutor(
        task -> {
          Thread thread = new Thread(task);
          thread.setDaemon(true);
          thread.start();
        });
    kick.createContext("/public/v1/public-key", handler);
    kick.start();
    return kick;
  }

  private static String answer(SigningKick sender) {
    ObjectMapper json = new ObjectMapper();
    return json.createObjectNode()
        .put("message", "OK")
        .set("data", json.createObjectNode().put("public_key", sender.pem()))
        .toString();
  }

  /** Against a Kick that answers so. */
  private Verdict overHttp(int status, String answer, boolean endless) throws Exception {
    HttpServer kick =
        kick(
            request -> {
              request.getResponseHeaders().set("Location", "/public/v1/elsewhere");
              request.sendResponseHeaders(status, answer.isEmpty() ? -1 : 0);
              try (OutputStream out = request.getResponseBody()) {
                do {
                  out.write(answer.getBytes(UTF_8));
                } while (endless);
              }
            });
    kick.createContext(
        "/public/v1/elsewhere",
        request -> {
          request.sendResponseHeaders(200, 0);
          try (OutputStream out = request.getResponseBody()) {
            out.write(answer.getBytes(UTF_8));
          }
        });
    Settings settings =
        Settings.load(
            Path.of(""), Map.of("KICK_API_URL", "http://127.0.0.1:" + kick.getAddress().getPort()));
    try {
      return of(KickSignature.of(settings, clock), FIRST);
    } finally {
      kick.stop(0);
    }
  }

  /** Moved by hand. */
  private static final class MovedClock extends Clock {
    private volatile Instant now = Instant.parse("2026-09-24T03:01:14Z");

    void move(Duration time) {
      now = now.plus(time);
    }

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }
}
