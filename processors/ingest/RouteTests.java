package ingest;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.cli.TestOptions;
import ingest.trial.Difference;
import ingest.trial.RouteTest;
import ingest.trial.RouteTestException;
import ingest.trial.RouteTestRun;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What {@code test} does: runs the tests that were asked for, and tells each. */
final class RouteTests {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final RouteTestRun run;

  RouteTests(RouteTestRun run) {
    this.run = run;
  }

  /** 0 when there were tests and all of them hold. */
  int tell(TestOptions options, PrintWriter out, PrintWriter err) {
    List<String> unreadable = new ArrayList<>();
    List<RouteTest> tests = read(options, unreadable);
    ArrayNode told = JSON.createArrayNode();
    int failed = 0;
    for (RouteTest test : tests) {
      long began = System.nanoTime();
      List<Difference> differences = outcome(test);
      double seconds = (System.nanoTime() - began) / 1e9;
      failed += differences.isEmpty() ? 0 : 1;
      if (options.json()) {
        told.add(json(test, differences));
        continue;
      }
      out.printf(
          Locale.ROOT,
          "%-4s  %s: %s (%.1f s)%n",
          differences.isEmpty() ? "ok" : "FAIL",
          test.route(),
          test.name(),
          seconds);
      differences.forEach(d -> out.println("  " + d));
      out.flush();
    }
    if (options.json()) {
      ObjectNode document = JSON.createObjectNode();
      document.set("tests", told);
      unreadable.forEach(document.putArray("unreadable")::add);
      out.println(document.toPrettyString());
    } else {
      out.printf("%d tests, %d failed%n", tests.size(), failed);
    }
    unreadable.forEach(err::println);
    if (tests.isEmpty() && unreadable.isEmpty()) {
      err.println(
          options.routes().isEmpty()
              ? "there is no test below routes/"
              : "no file below routes/ tests " + String.join(", ", options.routes()));
      return 1;
    }
    return failed == 0 && unreadable.isEmpty() ? 0 : 1;
  }

  private List<Difference> outcome(RouteTest test) {
    try {
      return run.run(test);
    } catch (RouteTestException e) {
      return List.of(
          new Difference(
              test.file() + ":" + test.line(),
              "what is given",
              "to be readable",
              String.valueOf(e.getMessage())));
    }
  }

  private static List<RouteTest> read(TestOptions options, List<String> unreadable) {
    boolean all = options.routes().isEmpty() && options.files().isEmpty();
    List<Path> files = new ArrayList<>(options.files());
    if (all || !options.routes().isEmpty()) {
      files.addAll(RouteTest.files(Path.of("routes")));
    }
    List<RouteTest> tests = new ArrayList<>();
    for (Path file : files) {
      try {
        RouteTest.of(file).stream()
            .filter(
                t -> all || options.files().contains(file) || options.routes().contains(t.route()))
            .forEach(tests::add);
      } catch (RouteTestException e) {
        unreadable.add(e.getMessage());
      }
    }
    return tests;
  }

  private static ObjectNode json(RouteTest test, List<Difference> differences) {
    ObjectNode node = JSON.createObjectNode();
    node.put("file", test.file().toString()).put("line", test.line());
    node.put("route", test.route()).put("name", test.name()).put("ok", differences.isEmpty());
    ArrayNode told = node.putArray("differences");
    for (Difference difference : differences) {
      told.addObject()
          .put("place", difference.place())
          .put("what", difference.what())
          .put("expected", difference.expected())
          .put("actual", difference.actual());
    }
    return node;
  }
}
