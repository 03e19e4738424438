package ingest.trial;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ingest.settings.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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

  @TempDir Path routes = Path.of("");

  @BeforeEach
  void a_tree() throws IOException {
    write("acme-order", POST);
    write("acme-file", FILE);
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(routes.resolve(name + ".camel.yaml"), text);
  }

  private Journal run(String route, @Nullable String answer, boolean live) {
    return new Trial(routes, Settings.load(routes, Map.of()), (camel, dm, env) -> {}, null, null)
        .run(new Ask(route, null, Map.of(), Map.of(), new ByHand(answer, null), live), entry -> {});
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
        new Telling(new Masks(Settings.load(routes, Map.of())))
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
