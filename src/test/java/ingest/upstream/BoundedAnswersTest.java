package ingest.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.apache.camel.CamelExecutionException;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BoundedAnswersTest {
  private static final int MOST = 10_000;
  private static final int FAR_TOO_MUCH = 1 << 30;

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch gone = new CountDownLatch(1);
  private final DefaultCamelContext camel = new DefaultCamelContext();
  private HttpServer upstream;

  @BeforeEach
  void start() throws IOException {
    upstream = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    upstream.setExecutor(threads);
    answer("/announced", 200, MOST, MOST);
    answer("/more", 200, MOST + 1, MOST + 1);
    answer("/endless", 200, 0, FAR_TOO_MUCH);
    answer("/refusal", 500, 0, FAR_TOO_MUCH);
    upstream.createContext(
        "/compressed",
        call -> {
          ByteArrayOutputStream small = new ByteArrayOutputStream();
          try (GZIPOutputStream zip = new GZIPOutputStream(small)) {
            zip.write(new byte[MOST * 50]);
          }
          call.getResponseHeaders().set("Content-Encoding", "gzip");
          call.sendResponseHeaders(200, small.size());
          try (OutputStream body = call.getResponseBody()) {
            small.writeTo(body);
          }
        });
    upstream.createContext(
        "/trickling",
        call -> {
          call.sendResponseHeaders(200, 0);
          try (OutputStream body = call.getResponseBody()) {
            while (true) {
              body.write('a');
              body.flush();
              Thread.sleep(20);
            }
          } catch (IOException e) {
            gone.countDown();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    upstream.start();
    new BoundedAnswers(MOST, Duration.ofSeconds(2)).install(camel);
    camel.start();
  }

  private void answer(String path, int status, int announced, int bytes) {
    upstream.createContext(
        path,
        call -> {
          call.sendResponseHeaders(status, announced);
          try (OutputStream body = call.getResponseBody()) {
            byte[] some = "a".repeat(1000).getBytes(StandardCharsets.US_ASCII);
            for (int sent = 0; sent < bytes; sent += some.length) {
              body.write(some, 0, Math.min(some.length, bytes - sent));
            }
          } catch (IOException e) {
            gone.countDown();
          }
        });
  }

  @AfterEach
  void stop() {
    camel.stop();
    upstream.stop(0);
    threads.shutdownNow();
  }

  private String ask(String path) {
    return camel
        .createProducerTemplate()
        .requestBody(
            "http://127.0.0.1:" + upstream.getAddress().getPort() + path, null, String.class);
  }

  @Test
  void an_answer_within_bounds_arrives_whole() {
    assertEquals(MOST, ask("/announced").length());
  }

  @ParameterizedTest
  @ValueSource(strings = {"/more", "/endless", "/refusal", "/compressed"})
  void a_larger_one_is_let_go_however_it_comes(String path) {
    AnswerOutOfBounds failure =
        assertInstanceOf(
            AnswerOutOfBounds.class,
            assertThrows(CamelExecutionException.class, () -> ask(path)).getCause());
    assertEquals("the answer was let go: more than 10000 bytes", failure.getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {"/endless", "/trickling"})
  void nobody_waits_for_the_rest(String path) throws Exception {
    assertInstanceOf(
        AnswerOutOfBounds.class,
        assertThrows(CamelExecutionException.class, () -> ask(path)).getCause());
    assertTrue(gone.await(30, TimeUnit.SECONDS), "the upstream is told by the connection's end");
    assertEquals(MOST, ask("/announced").length(), "the next call is as good as ever");
  }
}
