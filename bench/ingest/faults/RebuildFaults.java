package ingest.faults;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bin/faults rebuild}. */
@Command(
    name = "rebuild",
    mixinStandardHelpOptions = true,
    description = {
      "Buries bugs in projectors under live traffic, mends them, and proves that a rebuild makes the"
          + " tables what they should be, without the rows that the bugs invented.",
      "",
      "As `bin/faults replay`, but for what puts it right: the tables are made anew from the archive"
          + " beside the live ones and swapped, while live traffic goes on and ingest is killed in the"
          + " middle and at each swap."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bin/faults rebuild                       the proof; about ten minutes",
      "  bin/faults rebuild --seconds 20 --kills 1",
      "",
      "Exit codes: 0 every rule held, and it was killed as often as was asked for, 1 not, 2 not"
          + " understood."
    })
final class RebuildFaults implements Callable<Integer> {
  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "120",
      description = "how long the bugs work (default: ${DEFAULT-VALUE})")
  private int seconds;

  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "150",
      description = "events a second (default: ${DEFAULT-VALUE})")
  private int rate;

  @Option(
      names = "--kills",
      paramLabel = "N",
      defaultValue = "10",
      description =
          "how often ingest is killed while the tables are filled (default: ${DEFAULT-VALUE})")
  private int kills;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "what is emitted; a new one each time when not given")
  private @Nullable Long seed;

  @Option(names = "--keep", description = "leave the folder with the stores and the logs")
  private boolean keep;

  @Mixin private final Judge judge = new Judge();

  @Override
  public Integer call() throws Exception {
    if (seconds < 1 || rate < 1 || kills < 0) {
      throw judge.refused("--seconds and --rate are numbers from 1 on, --kills from 0 on");
    }
    ReplayOrdeal ordeal =
        new ReplayOrdeal(
            new ReplayOrdeal.Plan(seconds, rate, kills, ReplayOrdeal.Way.rebuild),
            judge.toldSeed(seed),
            keep,
            judge.out());
    return judge.run(ordeal::stop, ordeal::run);
  }
}
