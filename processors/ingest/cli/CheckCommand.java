package ingest.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.check.Check;
import ingest.check.Finding;
import ingest.settings.Settings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Looks at the files that an engineer edits; needs no running ingest and no store. */
@Command(
    name = "check",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Tells what is wrong with routes, statements, schemas and properties, with file and line; starts nothing and builds nothing.",
      "Placeholders have the values that a start from here would give them. Exits with 1 when there are findings."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bin/ingest check",
      "  bin/ingest check routes/kick        what is wrong below a folder",
      "  bin/ingest check --json"
    })
final class CheckCommand implements Callable<Integer> {
  @Parameters(
      arity = "0..*",
      paramLabel = "FILE",
      description = "Tell what is wrong in these files and folders only; all are looked at.")
  private List<Path> only = List.of();

  @Option(names = "--json", description = "Print the findings as JSON.")
  private boolean json;

  private final Supplier<Settings> settings;
  private final Surroundings around;

  CheckCommand(Supplier<Settings> settings, Surroundings around) {
    this.settings = settings;
    this.around = around;
  }

  @Override
  public Integer call() {
    Check check = Check.of(around.root(), settings.get());
    Predicate<String> asked = asked(check.files());
    List<Finding> findings = check.findings().stream().filter(f -> asked.test(f.file())).toList();
    long files = check.files().stream().filter(asked).count();
    if (json) {
      ObjectMapper mapper = new ObjectMapper();
      ObjectNode answer =
          mapper.createObjectNode().put("ok", findings.isEmpty()).put("files", files);
      answer.set("findings", mapper.valueToTree(findings));
      Json.print(answer, around);
    } else {
      findings.forEach(f -> around.out().println(Text.oneLine(f.toString())));
      around.out().println(counted(files, "file") + ", " + counted(findings.size(), "finding"));
    }
    return findings.isEmpty() ? 0 : 1;
  }

  /** Whether a file is one of those that were asked for. */
  private Predicate<String> asked(List<String> files) {
    List<Path> below = new ArrayList<>();
    for (Path one : only) {
      Path from = around.calledFrom().resolve(one).normalize();
      if (files.stream().noneMatch(file -> place(file).startsWith(from))) {
        throw new CommandFailure.Misuse(
            one
                + ": check looks at routes/ and application*.properties, and there is nothing of them");
      }
      below.add(from);
    }
    return file -> below.isEmpty() || below.stream().anyMatch(place(file)::startsWith);
  }

  private Path place(String file) {
    return around.root().resolve(file).normalize();
  }

  private static String counted(long number, String word) {
    return number + " " + word + (number == 1 ? "" : "s");
  }
}
