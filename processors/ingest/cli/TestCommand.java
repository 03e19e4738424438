package ingest.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs the tests that lie beside the routes. */
@Command(
    name = "test",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Runs the tests of routes, routes/**/*.test.yaml: what is given to a route, and the requests, envelopes, statements and answer that are expected of it.",
      "",
      "It needs no build tool, no network and no database, and reads no setting but those of application.properties and of the test. docs/route-tests.md tells how one is written.",
      "",
      "Exits with 1 when a test does not hold; what differs is told with the file and the line of the expectation."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bin/ingest test                                        all of them",
      "  bin/ingest test kick-viewers                           those of one route",
      "  bin/ingest test routes/kick/kick-viewers.test.yaml     those of one file"
    })
final class TestCommand implements Callable<Integer> {
  private final Runtime runtime;
  private final Surroundings around;

  @Parameters(
      arity = "0..*",
      paramLabel = "ROUTE|FILE",
      description = "Ids of routes, or files that end in .yaml; none is every test there is.")
  private List<String> what = new ArrayList<>();

  @Option(names = "--json", description = "One JSON document in place of lines.")
  private boolean json;

  TestCommand(Runtime runtime, Surroundings around) {
    this.runtime = runtime;
    this.around = around;
  }

  @Override
  public Integer call() {
    List<Path> files = new ArrayList<>();
    List<String> routes = new ArrayList<>();
    for (String word : what) {
      if (!word.endsWith(".yaml")) {
        routes.add(word);
        continue;
      }
      Path file = around.calledFrom().resolve(word);
      if (!Files.isRegularFile(file)) {
        throw new CommandFailure("there is no file " + file);
      }
      files.add(file);
    }
    return runtime.test(new TestOptions(routes, files, json), around.out(), around.err());
  }
}
