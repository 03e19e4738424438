package ingest.fuzz;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code bin/fuzz}. */
@Command(
    name = "bin/fuzz",
    mixinStandardHelpOptions = true,
    description = {
      "Gives every verifier of webhooks and every sender's mappers many broken calls, and finds what"
          + " escapes or is accepted and should not be.",
      "",
      "The calls are the recorded ones, signed with keys of its own, with bits flipped, cut off,"
          + " spliced, recoded, values of other types, huge numbers, deep nesting, keys twice, half"
          + " characters, headers swapped and so on. No store and no network is used."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bin/fuzz                             200,000 inputs for each; a few minutes",
      "  bin/fuzz kick --inputs 1000000       the verifier and the mappers of one sender",
      "  bin/fuzz 'verifier x' --seed 7       the same calls again",
      "  bin/fuzz --json out.json",
      "",
      "Exit codes: 0 nothing was found, 1 something was, 2 not understood."
    })
public final class Fuzz implements Callable<Integer> {
  private static final int MOST_INPUTS = 1_000_000_000;

  @Parameters(
      arity = "0..*",
      paramLabel = "SUBJECT",
      description = "those whose name has this in it, such as kick, verifier or 'mappers x'")
  private List<String> words = new ArrayList<>();

  @Option(
      names = "--inputs",
      paramLabel = "N",
      defaultValue = "200000",
      description = "broken calls for each (default: ${DEFAULT-VALUE})")
  private int inputs;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "which calls and how they are broken; a new one each time when not given")
  private @Nullable Long seed;

  @Option(names = "--json", paramLabel = "FILE", description = "where the result goes as JSON, too")
  private @Nullable Path json;

  @Spec private @Nullable CommandSpec spec;

  private final PrintWriter out;
  private final PrintWriter err;

  Fuzz(PrintWriter out, PrintWriter err) {
    this.out = out;
    this.err = err;
  }

  public static void main(String[] args) {
    System.setProperty("LOG_LEVEL", "OFF"); // before the first logger is made
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    System.exit(new CommandLine(new Fuzz(out, err)).setOut(out).setErr(err).execute(args));
  }

  @Override
  public Integer call() throws Exception {
    if (inputs < 1 || inputs > MOST_INPUTS) {
      throw misunderstood("--inputs is from 1 to %,d".formatted(MOST_INPUTS));
    }
    List<Subject> all = Subjects.all();
    List<Subject> chosen =
        all.stream()
            .filter(s -> words.isEmpty() || words.stream().anyMatch(w -> s.name().contains(w)))
            .toList();
    if (chosen.isEmpty()) {
      throw misunderstood(
          "there is no such subject: "
              + all.stream().map(Subject::name).collect(Collectors.joining(", ")));
    }
    long number = seed == null ? new Random().nextInt(1_000_000) : seed;
    out.println("seed " + number);
    ObjectNode result = JsonNodeFactory.instance.objectNode().put("seed", number);
    boolean holds = true;
    for (Subject subject : chosen) {
      Campaign campaign = new Campaign(subject, number, inputs).run(err);
      campaign.print(out);
      result.withArray("/subjects").add(campaign.json());
      holds &= campaign.holds();
    }
    if (json != null) {
      Files.writeString(
          Path.of(System.getProperty("ingest.called-from", "")).resolve(json),
          result.toPrettyString() + "\n");
    }
    return holds ? 0 : 1;
  }

  private ParameterException misunderstood(String why) {
    return new ParameterException(spec == null ? new CommandLine(this) : spec.commandLine(), why);
  }
}
