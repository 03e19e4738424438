package ingest.faults;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bin/faults pollers}. */
@Command(
    name = "pollers",
    mixinStandardHelpOptions = true,
    description = {
      "Polls more channels than the calls suffice for, by one instance, by three, and while they are"
          + " killed.",
      "",
      "Starts PostgreSQL, ClickHouse and a simulated Kick, in a temporary folder and on free ports of 127.0.0.1,"
          + " and processes of role ingest with kick-viewers on. The channels that do not stream are"
          + " due so often that the budget suffices for two thirds of them. Kick itself counts the"
          + " calls of every minute, and says when it answered for each channel: each channel that"
          + " streams has to be asked for in each of its periods.",
      "",
      "With the sizes by default about nine minutes."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bin/faults pollers",
      "  bin/faults pollers --channels 2000 --live 200 --calls-per-minute 120 --seconds 70",
      "",
      "Exit codes: 0 every rule held, 1 not, 2 not understood."
    })
final class PollerFaults implements Callable<Integer> {
  @Option(
      names = "--channels",
      paramLabel = "N",
      defaultValue = "20000",
      description = "how many there are (default: ${DEFAULT-VALUE})")
  private int channels;

  @Option(
      names = "--live",
      paramLabel = "N",
      defaultValue = "2000",
      description = "of them, how many stream (default: ${DEFAULT-VALUE})")
  private int live;

  @Option(
      names = "--calls-per-minute",
      paramLabel = "N",
      defaultValue = "600",
      description = "the budget of all instances together (default: ${DEFAULT-VALUE})")
  private int calls;

  @Option(
      names = "--live-seconds",
      paramLabel = "N",
      defaultValue = "60",
      description = "the period of channels that stream (default: ${DEFAULT-VALUE})")
  private int period;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "130",
      description =
          "how long each of the three parts is measured: at least two periods"
              + " (default: ${DEFAULT-VALUE})")
  private int seconds;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "who is killed when; a new one each time when not given")
  private @Nullable Long seed;

  @Option(names = "--keep", description = "leave the folder with the stores and the logs")
  private boolean keep;

  @Mixin private final Judge judge = new Judge();

  @Override
  public Integer call() throws Exception {
    if (live < 1 || channels <= live || calls < 1 || period < 3 || seconds < 2 * period) {
      throw judge.refused(
          "--live and --calls-per-minute are numbers from 1 on, --live-seconds from 3 on,"
              + " --channels is more than --live, --seconds at least two periods");
    }
    PollerOrdeal.Plan plan = new PollerOrdeal.Plan(channels, live, calls, period, seconds);
    if (plan.liveCalls() >= calls) {
      throw judge.refused(
          "channels that stream need %d calls a minute by themselves: more than --calls-per-minute"
              .formatted(plan.liveCalls()));
    }
    PollerOrdeal ordeal = new PollerOrdeal(plan, judge.toldSeed(seed), keep, judge.out());
    return judge.run(ordeal::stop, ordeal::run);
  }
}
