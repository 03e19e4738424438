package ingest.faults;

import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bin/faults restore}. */
@Command(
    name = "restore",
    mixinStandardHelpOptions = true,
    description = {
      "Loses a store after the other, restores it, and proves that the balance holds again.",
      "",
      "Starts PostgreSQL, ClickHouse and a process of each role in a temporary folder and on free"
          + " ports. Signed calls come before and after each point in time. An environment's database"
          + " is put back to that point; ClickHouse is lost whole; dm is put back while the archive and"
          + " the environment are ahead of it; dm is put back, and what came since is in the environment"
          + " alone. Each time the balance has to see what is missing, `balance mend` has to put it"
          + " right, and what is beyond repair has to be named.",
      "",
      "About three minutes. Ctrl-C ends it after the part on its way."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bin/faults restore",
      "  bin/faults restore --seconds 60 --rate 200 --json out.json",
      "",
      "Exit codes: 0 every rule held, 1 not, 2 not understood."
    })
final class RestoreFaults implements Callable<Integer> {
  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "10",
      description = "how long calls come, each time (default: ${DEFAULT-VALUE})")
  private int seconds;

  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "100",
      description = "calls a second (default: ${DEFAULT-VALUE})")
  private int rate;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "what is sent; a new one each time when not given")
  private @Nullable Long seed;

  @Option(names = "--keep", description = "leave the folder with the stores and the logs")
  private boolean keep;

  @Mixin private final Judge judge = new Judge();

  @Override
  public Integer call() throws Exception {
    if (seconds < 1 || rate < 1) {
      throw judge.refused("--seconds and --rate are numbers from 1 on");
    }
    RestoreOrdeal ordeal =
        new RestoreOrdeal(
            Duration.ofSeconds(seconds), rate, judge.toldSeed(seed), keep, judge.out());
    return judge.run(ordeal::stop, ordeal::run);
  }
}
