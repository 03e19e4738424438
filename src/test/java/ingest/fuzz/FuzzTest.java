package ingest.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.signature.Scheme;
import ingest.signature.Verdict;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** The short run of {@code bin/fuzz}, and that it finds what is there to be found. */
final class FuzzTest {
  private static final PrintWriter QUIET = new PrintWriter(new StringWriter());
  private static final int INPUTS = 4_000;

  static List<Subject> subjects() throws Exception {
    return Subjects.all();
  }

  @ParameterizedTest
  @MethodSource("subjects")
  void nothing_escapes_and_nothing_forged_is_accepted(Subject subject) {
    Campaign campaign = new Campaign(subject, 5, INPUTS).run(QUIET);
    assertEquals(List.of(), campaign.told(), subject.name());
    assertTrue(campaign.outcomes().size() > 1, "every call met the same end");
  }

  @ParameterizedTest
  @EnumSource
  void a_seed_breaks_a_call_the_same_way_again(Mutation mutation) {
    Sample call = new Sample(Map.of("a", "1", "b", "2"), "{\"a\":[1,{\"b\":2}]}".getBytes(UTF_8));
    for (int seed = 0; seed < 50; seed++) {
      assertEquals(
          mutation.of(call, List.of(call), new Random(seed)).toString(),
          mutation.of(call, List.of(call), new Random(seed)).toString());
    }
  }

  @Test
  void a_verifier_that_accepts_too_much_is_found() {
    Campaign campaign = campaign((headers, body, now) -> Verdict.VALID);
    assertFalse(campaign.holds());
    assertTrue(campaign.told().get(0).contains("nobody signed it"));
  }

  @Test
  void a_verifier_that_looks_at_the_beginning_alone_is_found() {
    assertFalse(
        campaign(
                (headers, body, now) ->
                    body.length > 3 && body[1] == '"' ? Verdict.VALID : Verdict.NO_MATCH)
            .holds());
  }

  @Test
  void what_escapes_is_found() {
    Campaign campaign =
        campaign(
            (headers, body, now) -> {
              if (body.length < 4) {
                throw new ArrayIndexOutOfBoundsException("too short");
              }
              return headers.containsKey("id") && body.length == 17
                  ? Verdict.VALID
                  : Verdict.NO_MATCH;
            });
    assertFalse(campaign.holds());
    assertTrue(campaign.outcomes().containsKey("escaped"));
  }

  @Test
  void a_verifier_that_cannot_say_is_found() {
    assertFalse(
        campaign(
                (headers, body, now) ->
                    body.length == 17 && headers.containsKey("id") ? Verdict.VALID : Verdict.BUSY)
            .holds());
  }

  private static Campaign campaign(Scheme scheme) {
    Sample genuine = new Sample(Map.of("id", "1"), "{\"genuine\":true}\n".getBytes(UTF_8));
    return new Campaign(
            new VerifierSubject(
                "of nobody",
                scheme,
                Instant.EPOCH,
                List.of(genuine),
                call -> VerifierSubject.text(call.body)),
            5,
            2_000)
        .run(QUIET);
  }

  @Test
  void the_command_says_what_it_does(@TempDir Path folder) throws Exception {
    Path json = folder.resolve("out.json");
    StringWriter out = new StringWriter();
    int code = run(out, "verifier x", "--inputs", "100", "--seed", "7", "--json", json.toString());
    assertEquals(0, code);
    assertTrue(out.toString().contains("seed 7"));
    assertTrue(Files.readString(json).contains("\"seed\" : 7"));
    assertEquals(0, run(new StringWriter(), "--help"));
    assertEquals(2, run(new StringWriter(), "nobody"));
    assertEquals(2, run(new StringWriter(), "--inputs", "0"));
  }

  private static int run(StringWriter out, String... args) {
    PrintWriter to = new PrintWriter(out);
    return new CommandLine(new Fuzz(to, QUIET)).setOut(to).setErr(QUIET).execute(args);
  }
}
