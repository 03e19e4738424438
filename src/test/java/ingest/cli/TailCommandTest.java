package ingest.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TailCommandTest {
  @TempDir private Path root = Path.of("");
  private final FakeIngest ingest = new FakeIngest();
  private final Deque<FakeIngest.Answer> answers = new ArrayDeque<>();

  @AfterEach
  void stop() {
    ingest.close();
  }

  private Caller.Result tail(String... options) {
    ingest.on("GET /admin/tail", request -> answers.removeFirst());
    String[] all = new String[options.length + 3];
    all[0] = "tail";
    all[1] = "--url";
    all[2] = ingest.url();
    System.arraycopy(options, 0, all, 3, options.length);
    return new Caller(root).calls(all);
  }

  private void answer(String cursor, boolean more, String... events) {
    answers.add(
        new FakeIngest.Answer(
            200,
            "{\"events\":[%s],\"cursor\":\"%s\",\"more\":%s}"
                .formatted(String.join(",", events), cursor, more)));
  }

  private static String event(int number) {
    return "{\"committed_at\":\"2026-03-01T12:00:0%dZ\",\"event\":{\"id\":\"E%d\",\"type\":\"acme.fig\",\"subject\":\"fig:1\",\"data\":{\"n\":%d}}}"
        .formatted(number, number, number);
  }

  @Test
  void it_tells_pages_until_it_has_told_so_many() {
    answer("a", false);
    answer("b", true, event(1), event(2));
    answer("c", false);
    answer("d", false, event(3), event(4));
    Caller.Result result = tail("--count", "3");
    assertEquals(0, result.code(), result.err());
    assertEquals(
        List.of(
            "2026-03-01T12:00:01Z  acme.fig  fig:1  E1  {\"n\":1}",
            "2026-03-01T12:00:02Z  acme.fig  fig:1  E2  {\"n\":2}",
            "2026-03-01T12:00:03Z  acme.fig  fig:1  E3  {\"n\":3}"),
        result.out().lines().toList());
  }

  @Test
  void json_is_a_line_for_each_event_as_it_came() {
    answer("a", false, event(1));
    Caller.Result result = tail("--count", "1", "--json");
    assertEquals(event(1), result.out().strip());
  }

  @Test
  void a_connection_that_is_lost_is_made_again_from_the_same_place() {
    answer("a", false, event(1));
    answers.add(new FakeIngest.Answer(-1, ""));
    answers.add(new FakeIngest.Answer(503, "{\"error\":\"this process drains\"}"));
    answer("b", false, event(2));
    Caller.Result result = tail("--count", "2");
    assertEquals(0, result.code(), result.err());
    assertEquals(2, result.out().lines().count());
    assertTrue(result.err().contains("goes on; nothing was missed"), result.err());
    assertEquals(4, ingest.requests().size());
  }

  @Test
  void a_cursor_that_is_too_old_ends_it() {
    answer("a", false);
    answers.add(new FakeIngest.Answer(410, "{\"error\":\"more than an hour was not followed\"}"));
    Caller.Result result = tail();
    assertEquals(1, result.code());
    assertEquals("more than an hour was not followed", result.err().strip());
  }

  @Test
  void no_count_of_events_is_not_understood() {
    assertEquals(2, tail("--count", "0").code());
  }
}
