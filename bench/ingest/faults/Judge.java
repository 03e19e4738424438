package ingest.faults;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * What the commands have in common: {@code --json}, Ctrl-C, and how they tell what came of a run.
 * {@code --seed} and {@code --keep} are not here: the one means something else to each, the other
 * is not of all.
 */
final class Judge {
  private static final int SEEDS = 1_000_000;

  @Option(names = "--json", paramLabel = "FILE", description = "where the result goes as JSON, too")
  private @Nullable Path json;

  @Spec(Spec.Target.MIXEE)
  private @Nullable CommandSpec command;

  private CommandSpec command() {
    return Objects.requireNonNull(command);
  }

  PrintWriter out() {
    return command().commandLine().getOut();
  }

  /** What to throw when the options make no sense: exit code 2. */
  ParameterException refused(String why) {
    return new ParameterException(command().commandLine(), why);
  }

  /** The one that was given, or a new one. */
  static long seed(@Nullable Long given) {
    return given == null ? new Random().nextInt(SEEDS) : given;
  }

  /** The same, told at once: a run that fails can be repeated, too. */
  long toldSeed(@Nullable Long given) {
    long seed = seed(given);
    out().println("seed " + seed);
    return seed;
  }

  /** Runs, tells and judges. */
  int run(Runnable stop, Callable<? extends Verdict> run) throws Exception {
    return untilInterrupt(
        stop,
        () -> {
          Verdict verdict = run.call();
          verdict.print(out());
          return ended(verdict.passed(), verdict.json());
        });
  }

  /** Does {@code run}; on Ctrl-C it is asked to {@code stop}, and the process waits until then. */
  int untilInterrupt(Runnable stop, Callable<Integer> run) throws Exception {
    OnInterrupt interrupt = new OnInterrupt(stop);
    try {
      return run.call();
    } finally {
      interrupt.close();
    }
  }

  /** Writes the result where {@code --json} says; returns the exit code. */
  int ended(boolean passed, ObjectNode result) throws IOException {
    if (json != null) {
      Files.writeString(json, result.toPrettyString() + "\n");
    }
    return passed ? 0 : 1;
  }
}
