package ingest.cli;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.cli.FakeIngest.Answer;
import ingest.cli.FakeIngest.Request;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmitTest {
  private static final String EMIT = "POST /admin/emit";

  @TempDir private Path root = Path.of("");
  private final FakeIngest ingest = new FakeIngest();

  @AfterEach
  void stop() {
    ingest.close();
  }

  private Caller caller() {
    return new Caller(root).with("INGEST_URL", ingest.url());
  }

  private static String lines(int from, int to) {
    return IntStream.rangeClosed(from, to)
        .mapToObj(n -> "{\"n\":" + n + "}\n")
        .collect(Collectors.joining());
  }

  /** Takes every line as new. */
  private static Answer accepted(Request request) {
    long lines = request.body().lines().count();
    return new Answer(
        200, "{\"lines\":%d,\"new\":%d,\"duplicates\":0,\"rejected\":[]}".formatted(lines, lines));
  }

  /** Answers {@code status} to the first calls, then accepts. */
  private static Function<Request, Answer> failing(int times, int status) {
    AtomicInteger calls = new AtomicInteger();
    return request -> calls.incrementAndGet() <= times ? new Answer(status, "") : accepted(request);
  }

  @Test
  void a_long_file_is_sent_in_calls_of_500_lines() throws IOException {
    ingest.on(EMIT, EmitTest::accepted);
    Files.writeString(root.resolve("events.ndjson"), lines(1, 1234));
    Caller.Result result = caller().calls("emit", "events.ndjson");
    assertEquals(0, result.code(), result.err());
    assertEquals("1,234 lines: 1,234 new, 0 known already, 0 rejected\n", result.out());
    assertEquals("", result.err());
    assertEquals(
        List.of(lines(1, 500), lines(501, 1000), lines(1001, 1234)),
        ingest.requests().stream().map(Request::body).toList());
  }

  @Test
  void a_call_stays_under_three_mebibytes() {
    ingest.on(EMIT, EmitTest::accepted);
    String line = "\"" + "x".repeat(100 * 1024) + "\"\n";
    assertEquals(0, caller().typing(line.repeat(70)).calls("emit").code());
    assertEquals(
        List.of(30L, 30L, 10L),
        ingest.requests().stream().map(request -> request.body().lines().count()).toList());
  }

  @Test
  void rejected_lines_are_told_by_their_number_in_the_file() {
    ingest.on(
        EMIT,
        200,
        """
        {"lines":3,"new":1,"duplicates":1,"rejected":[{"line":2,"error":"subject is\\nmissing"}]}""");
    Caller.Result result =
        caller().typing("\n{\"n\":1}\r\n   \n{\"n\":2}\n\n{\"n\":3}").calls("emit", "-");
    assertEquals(1, result.code());
    assertEquals("line 4: subject is missing\n", result.err());
    assertEquals("3 lines: 1 new, 1 known already, 1 rejected\n", result.out());
    assertEquals("{\"n\":1}\r\n{\"n\":2}\n{\"n\":3}\n", ingest.requests().get(0).body());
  }

  @Test
  void numbers_hold_in_later_calls() {
    AtomicInteger calls = new AtomicInteger();
    ingest.on(
        EMIT,
        request ->
            calls.incrementAndGet() == 1
                ? accepted(request)
                : new Answer(
                    200,
                    "{\"lines\":2,\"new\":1,\"duplicates\":0,\"rejected\":[{\"line\":1,\"error\":\"no\"}]}"));
    Caller.Result result = caller().typing("\n" + lines(1, 502)).calls("emit");
    assertEquals("line 502: no\n", result.err());
  }

  @Test
  void a_line_that_is_too_long_stays_here() {
    ingest.on(EMIT, EmitTest::accepted);
    String longest = "x".repeat(192 * 1024);
    Caller.Result result = caller().typing("{}\n" + longest + "y\n" + longest + "\n").calls("emit");
    assertEquals(1, result.code());
    assertEquals("line 2: longer than 192 KiB\n", result.err());
    assertEquals("3 lines: 2 new, 0 known already, 1 rejected\n", result.out());
    assertEquals("{}\n" + longest + "\n", ingest.requests().get(0).body());
  }

  @Test
  void json_is_the_sum_of_the_calls() throws JsonProcessingException {
    ingest.on(
        EMIT,
        200,
        "{\"lines\":2,\"new\":0,\"duplicates\":1,\"rejected\":[{\"line\":1,\"error\":\"no\"}]}");
    Caller.Result result = caller().typing("1\n2\n").calls("emit", "--json");
    assertEquals(1, result.code());
    JsonNode sum = new ObjectMapper().readTree(result.out());
    assertEquals(
        new ObjectMapper()
            .readTree(
                "{\"rejected\":[{\"line\":1,\"error\":\"no\"}],\"lines\":2,\"new\":0,\"duplicates\":1}"),
        sum);
  }

  @Test
  void a_busy_ingest_is_asked_the_same_again() {
    ingest.on(EMIT, failing(2, 503));
    Caller caller = caller().typing(lines(1, 3));
    Caller.Result result = caller.calls("emit");
    assertEquals(0, result.code(), result.err());
    assertEquals("3 lines: 3 new, 0 known already, 0 rejected\n", result.out());
    assertEquals(List.of(Duration.ofSeconds(1), Duration.ofSeconds(2)), caller.pauses);
    assertTrue(result.err().contains("sending lines 1 to 3 again in 1 s"), result.err());
    assertEquals(1, ingest.requests().stream().map(Request::body).distinct().count());
  }

  @Test
  void a_lost_connection_is_asked_the_same_again() {
    ingest.on(EMIT, failing(1, -1));
    Caller.Result result = caller().typing(lines(1, 3)).calls("emit");
    assertEquals(0, result.code(), result.err());
    assertTrue(result.err().contains("was lost; sending lines 1 to 3 again"), result.err());
  }

  @Test
  void after_a_minute_it_gives_up_and_says_how_far_it_came() {
    AtomicInteger calls = new AtomicInteger();
    ingest.on(
        EMIT,
        request ->
            calls.incrementAndGet() == 1
                ? accepted(request)
                : new Answer(503, "{\"error\":\"dm is away\"}"));
    Caller caller = caller().typing(lines(1, 600));
    Caller.Result result = caller.calls("emit");
    assertEquals(1, result.code());
    assertEquals(60, caller.pauses.stream().mapToLong(Duration::toSeconds).sum());
    assertEquals("500 lines: 500 new, 0 known already, 0 rejected\n", result.out());
    assertTrue(result.err().contains("stopped; confirmed up to line 500"), result.err());
    assertTrue(result.err().endsWith("dm is away\n"), result.err());
  }

  @Test
  void an_ingest_that_went_away_is_waited_for() {
    ingest.on(EMIT, EmitTest::accepted);
    Caller caller = caller();
    caller.in =
        new SequenceInputStream(
            new ByteArrayInputStream(lines(1, 501).getBytes(StandardCharsets.UTF_8)),
            new InputStream() {
              @Override
              public int read() {
                ingest.close();
                return -1;
              }

              @Override
              public int read(byte[] bytes, int offset, int length) {
                return read();
              }
            });
    Caller.Result result = caller.calls("emit");
    assertEquals(1, result.code());
    assertEquals(60, caller.pauses.stream().mapToLong(Duration::toSeconds).sum());
  }

  @Test
  void an_ingest_that_was_never_there_is_not_waited_for() {
    ingest.close();
    Caller caller = caller().typing(lines(1, 1));
    Caller.Result result = caller.calls("emit");
    assertEquals(1, result.code());
    assertTrue(result.err().contains("start it with `bin/ingest run`"), result.err());
    assertEquals(List.of(), caller.pauses);
  }

  @Test
  void a_refused_call_is_not_repeated() {
    ingest.on(EMIT, 400, "{\"error\":\"no NDJSON\"}");
    Caller caller = caller().typing(lines(1, 1));
    assertEquals(1, caller.calls("emit").code());
    assertEquals(1, ingest.requests().size());
  }

  @Test
  void an_answer_for_other_lines_is_no_confirmation() {
    ingest.on(EMIT, 200, "{\"ok\":true}");
    Caller.Result result = caller().typing(lines(1, 2)).calls("emit");
    assertEquals(1, result.code());
    assertTrue(result.err().contains("stopped before any line was confirmed"), result.err());
  }

  @Test
  void a_missing_file_is_named() {
    Caller.Result result = caller().calls("emit", "nothing.ndjson");
    assertEquals(1, result.code());
    assertEquals("there is no file " + root.resolve("nothing.ndjson") + "\n", result.err());
  }

  @Test
  void the_outcome_is_told_once_and_counts_stand_still_after_it() throws IOException {
    ingest.on(EMIT, EmitTest::accepted);
    StringWriter out = new StringWriter();
    Surroundings around = caller().around(out, new StringWriter());
    Emission emission =
        new Emission(new AdminApi(ingest.url(), null), around, Progress.none(around), null);
    emission.finish(false);
    emission.run(new ByteArrayInputStream(lines(1, 3).getBytes(StandardCharsets.UTF_8)));
    emission.finish(true);
    assertEquals("0 lines: 0 new, 0 known already, 0 rejected\n", out.toString());
  }

  /** SIGTERM takes the way of SIGINT, which a process without a terminal may have ignored. */
  @Test
  void a_signal_stops_it_and_says_how_far_it_came() throws Exception {
    CountDownLatch ended = new CountDownLatch(1);
    AtomicInteger calls = new AtomicInteger();
    ingest.on(
        EMIT,
        request -> {
          if (calls.incrementAndGet() > 1) {
            try {
              ended.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          }
          return accepted(request);
        });
    Path file = Files.writeString(root.resolve("events.ndjson"), lines(1, 1234));
    Path out = root.resolve("out");
    Path err = root.resolve("err");
    Path classes = root.resolve("classes");
    Process emission =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dingest.terminals=12",
                "-Xlog:class+load:file=" + classes,
                "-cp",
                System.getProperty("java.class.path"),
                OwnProcess.class.getName(),
                "emit",
                file.toString(),
                "--url",
                ingest.url())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    try {
      await().atMost(Duration.ofSeconds(30)).until(() -> calls.get() == 2);
      emission.destroy();
      assertTrue(emission.waitFor(30, TimeUnit.SECONDS));
    } finally {
      ended.countDown();
      emission.destroyForcibly();
    }
    assertEquals("500 lines: 500 new, 0 known already, 0 rejected\n", Files.readString(out));
    assertTrue(
        Files.readString(err).contains("\nstopped; confirmed up to line 500."),
        Files.readString(err));
    assertTrue(Files.readString(err).contains("500 lines"), "there was a bar");
    assertFalse(
        Files.readString(classes).contains(" org.jline.terminal."),
        "jline takes SIGINT from the hook");
    assertEquals(143, emission.exitValue());
  }
}
