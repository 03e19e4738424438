package ingest.faults;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bin/faults replay}. */
@Command(
    name = "replay",
    mixinStandardHelpOptions = true,
    description = {
      "Buries bugs in projectors under live traffic, mends them, and proves that a replay of that time"
          + " puts right what they wrote.",
      "",
      "Starts the stores, a process of role ingest and two environments that are sent the same, in a"
          + " temporary folder and on free ports. The projectors of one have bugs: a wrong column, a"
          + " wrong value, a sign the wrong way round, a wrong append, and one that invents rows. It is"
          + " started again with the right ones, and the time with the bugs is replayed into it while"
          + " live traffic goes on and ingest is killed in the middle. Then the tables of the two are"
          + " held against each other, row by row.",
      "",
      "Rows that a bug invented stay: no event is theirs, and no replay comes to them. They are told."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bin/faults replay                        the proof; about ten minutes",
      "  bin/faults replay --seconds 20 --kills 1",
      "",
      "Exit codes: 0 every rule held, and it was killed as often as was asked for, 1 not, 2 not"
          + " understood."
    })
final class ReplayFaults implements Callable<Integer> {
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
      description = "how often ingest is killed within the replay (default: ${DEFAULT-VALUE})")
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
            new ReplayOrdeal.Plan(seconds, rate, kills, ReplayOrdeal.Way.replay),
            judge.toldSeed(seed),
            keep,
            judge.out());
    return judge.run(ordeal::stop, ordeal::run);
  }
}
