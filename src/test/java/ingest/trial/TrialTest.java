package ingest.trial;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.envelope.Envelope;
import ingest.outbox.Intake;
import ingest.settings.Mask;
import ingest.settings.Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.camel.Processor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trials of routes that the tree does not have. */
final class TrialTest {
  private static final String POST =
      """
      - route:
          id: acme-order
          from:
            uri: timer:acme
            steps:
              - setHeader: {name: CamelHttpMethod, constant: POST}
              - setBody: {constant: '{"apples":1}'}
              - to: {id: order, uri: "http://127.0.0.1:1/orders?api_key=very-secret"}
              - to: {id: after, uri: "direct:nowhere"}
      """;
  private static final String FILE =
      """
      - route:
          id: acme-file
          from:
            uri: timer:acme
            steps:
              - setBody: {constant: apples}
              - to: {id: write, uri: "file:target/never-written"}
      """;

  private static final String EVENTS =
      """
      - route:
          id: acme-events
          from:
            uri: timer:acme
            steps:
              - process: {id: map, ref: acme}
              - process: {id: commit, ref: outboxCommit}
              - process: {id: map-again, ref: acme}
              - process: {id: commit-again, ref: outboxCommit}
      """;

  @TempDir Path routes = Path.of("");

  @BeforeEach
  void a_tree() throws IOException {
    write("acme-order", POST);
    write("acme-file", FILE);
    write("acme-events", EVENTS);
    Files.copy(
        Path.of("src/test/resources/schemas/acme.pear.seen.schema.json"),
        routes.resolve("acme.pear.seen.schema.json"));
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(routes.resolve(name + ".camel.yaml"), text);
  }

  private Journal run(String route, @Nullable String answer, boolean live) {
    return new Trial(
            routes,
            Settings.load(routes, Map.of()),
            Clock.systemUTC(),
            (camel, types, dm, env) -> {},
            null,
            null)
        .run(new Ask(route, null, Map.of(), Map.of(), new ByHand(answer, null), live), entry -> {});
  }

  /** A run whose step {@code map} brings these events, twice. */
  private Journal committing(Envelope... events) {
    return committing(new Intake(List.of(events), List.of()));
  }

  private Journal committing(Object body) {
    Processor map = e -> e.getMessage().setBody(body);
    return new Trial(
            routes,
            Settings.load(routes, Map.of()),
            Clock.systemUTC(),
            (camel, types, dm, env) -> camel.getRegistry().bind("acme", map),
            null,
            null)
        .run(
            new Ask("acme-events", null, Map.of(), Map.of(), new ByHand(null, null), false),
            entry -> {});
  }

  private static Envelope pear(int number, String data) {
    try {
      return new Envelope(
          new UUID(1, number),
          "acme",
          "acme.pear.seen",
          "acme.pear.seen/1",
          "acme:" + number,
          Instant.EPOCH,
          1,
          null,
          null,
          Envelope.newTraceparent(),
          new ObjectMapper().readTree(data));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void an_id_that_came_before_in_the_run_is_a_duplicate() {
    Journal journal = committing(pear(1, "{\"n\":1}"), pear(2, "{\"n\":1}"));
    assertEquals(
        List.of("-", "-", "this run had this id before", "this run had this id before"),
        journal.all(Entry.Committed.class).stream()
            .flatMap(c -> c.events().stream())
            .map(e -> e.duplicate() == null ? "-" : e.duplicate())
            .toList());
    assertEquals(List.of(), journal.schemaErrors());
  }

  @Test
  void every_envelope_off_its_schema_is_told_with_place_and_rule_and_the_commit_refuses() {
    Journal journal =
        committing(pear(1, "{\"n\":\"one\"}"), pear(2, "{\"n\":1}"), pear(3, "{\"n\":\"one\"}"));
    List<String> errors = journal.schemaErrors();
    assertEquals(2, errors.size(), errors.toString());
    assertTrue(errors.get(0).contains("$.n breaks type"), errors.get(0));
    assertEquals(List.of("commit"), journal.failures().stream().map(f -> f.step().id()).toList());
    assertEquals(1, journal.all(Entry.Committed.class).size(), "the run ended there");
  }

  @Test
  void the_commit_takes_envelopes_without_a_mapper_and_nothing_else() {
    Envelope pear = pear(1, "{\"n\":1}");
    assertEquals(2, committing((Object) List.of(pear)).all(Entry.Committed.class).size());
    Journal journal = committing("pears");
    assertEquals(List.of(), journal.all(Entry.Committed.class));
    assertEquals("commit", journal.failures().get(0).step().id());
  }

  @Test
  void one_intake_with_an_id_twice_is_refused() {
    Journal journal = committing(pear(1, "{\"n\":1}"), pear(1, "{\"n\":1}"));
    assertTrue(
        String.valueOf(journal.all(Entry.Committed.class).get(0).error()).contains("share the id"));
    assertEquals(1, journal.failures().size());
  }

  @Test
  void live_sends_no_request_that_may_change_something() {
    Journal journal = run("acme-order", null, true);
    assertTrue(
        journal.ended().orElseThrow().contains("acme-order, step order would send a POST"),
        journal.ended().toString());
    assertEquals(
        List.of("nobody"),
        journal.all(Entry.Requested.class).stream().map(Entry.Requested::by).toList());
  }

  @Test
  void nothing_runs_after_the_end_of_a_trial() {
    Journal journal = run("acme-order", null, false);
    assertEquals(
        List.of("order"),
        journal.all(Entry.Reached.class).stream().map(r -> r.step().id()).toList());
    assertEquals(List.of(), journal.failures());
  }

  @Test
  void secrets_of_a_url_are_masked() {
    String told =
        new Telling(Mask.of(Settings.load(routes, Map.of()).known()))
            .json("acme-order", run("acme-order", "{}", false))
            .toString();
    assertTrue(told.contains("api_key=***"), told);
    assertTrue(!told.contains("very-secret"), told);
  }

  @Test
  void what_leads_out_by_another_way_is_not_called() {
    Journal journal = run("acme-file", null, true);
    assertEquals(
        List.of("file://target/never-written"),
        journal.all(Entry.NotCalled.class).stream().map(Entry.NotCalled::uri).toList());
    assertTrue(!Files.exists(Path.of("target/never-written")));
    assertTrue(journal.ended().orElseThrow().contains("acme-file, step write"));
  }

  @Test
  void a_broken_file_is_told_where_its_route_is_asked_for_and_hinders_no_other()
      throws IOException {
    write("acme-broken", "- route:\n    id: acme-broken\n    from: {uri: [\n");
    write("acme-wrong", "- route:\n    id: acme-wrong\n    from: {uri: 'timer:a', stepz: []}\n");
    assertEquals(1, run("acme-order", "{}", false).all(Entry.Requested.class).size());
    String told =
        String.valueOf(
            assertThrows(TrialException.class, () -> run("acme-broken", null, false)).getMessage());
    assertTrue(told.contains("acme-broken.camel.yaml: line"), told);
    told =
        String.valueOf(
            assertThrows(TrialException.class, () -> run("acme-wrong", null, false)).getMessage());
    assertTrue(told.contains("acme-wrong.camel.yaml"), told);
  }

  @Test
  void what_the_tree_holds_now_is_run() throws IOException {
    write("acme-order", POST.replace("/orders", "/second-orders"));
    assertTrue(
        run("acme-order", "{}", false)
            .all(Entry.Requested.class)
            .get(0)
            .url()
            .contains("/second-orders"));
  }
}
