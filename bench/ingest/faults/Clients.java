package ingest.faults;

import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bin/faults clients}. */
@Command(
    name = "clients",
    mixinStandardHelpOptions = true,
    description = {
      "Clients that are idle, slow, endless or too large, each in turn, beside genuine calls.",
      "",
      "Starts the product with stores of its own, in a temporary folder and on free ports of"
          + " 127.0.0.1. Signed webhooks go on at a steady rate. Told of each manner of client: how"
          + " long the slowest was borne, what they were answered, what the genuine calls took, and"
          + " what memory the process held.",
      "",
      "About two minutes."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bin/faults clients",
      "  bin/faults clients --idle 500 --each 20    short",
      "",
      "Exit codes: 0 each client was closed within its bound and each genuine call accepted, 1"
          + " not, 2 not understood."
    })
final class Clients implements Callable<Integer> {
  private static final Duration IDLE = Duration.ofSeconds(30);
  private static final Duration QUIET = Duration.ofSeconds(5);

  @Option(
      names = "--idle",
      paramLabel = "N",
      defaultValue = "10000",
      description =
          "idle connections; the process's limit of open files less 1,000 where that is less"
              + " (default: ${DEFAULT-VALUE})")
  private int idle;

  @Option(
      names = "--each",
      paramLabel = "N",
      defaultValue = "200",
      description = "clients of every other manner (default: ${DEFAULT-VALUE})")
  private int each;

  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "20",
      description = "genuine calls a second (default: ${DEFAULT-VALUE})")
  private int rate;

  @Mixin private final Judge judge = new Judge();

  @Override
  public Integer call() throws Exception {
    if (idle < 1 || each < 1 || rate < 1) {
      throw judge.refused("--idle, --each and --rate are numbers from 1 on");
    }
    Siege siege = new Siege(idle, IDLE, each, rate, QUIET, judge.out());
    return judge.ended(siege.run(), siege.json());
  }
}
