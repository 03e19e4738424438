package ingest.faults;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bin/faults poll-push}. */
@Command(
    name = "poll-push",
    mixinStandardHelpOptions = true,
    description = {
      "Polls and webhooks of the same channels, the webhooks lost, doubled and late, and what is"
          + " known in the end held against how it is.",
      "",
      "Starts the product with stores of its own, in a temporary folder and on free ports. The 500"
          + " channels of the simulated Kick stream in short cycles. Then its world stands still,"
          + " and sessions, channels and snapshots have to become what it is, row by row. Last, polls"
          + " are off and the lost webhooks arrive after all: ends are known to the second then, and"
          + " nothing old undoes anything newer.",
      "",
      "A poll counts as 90 seconds older than it is, so this may take so much longer than a poll's"
          + " period. Ctrl-C ends the play and checks what was done so far."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bin/faults poll-push --seconds 600",
      "  bin/faults poll-push --seconds 60 --lost 0.3 --late 0.8 --late-seconds 60",
      "",
      "Exit codes: 0 everything became so, 1 not, 2 not understood."
    })
final class PollPush implements Callable<Integer> {
  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "300",
      description = "how long the world moves (default: ${DEFAULT-VALUE})")
  private int seconds;

  @Option(
      names = "--period",
      paramLabel = "N",
      defaultValue = "5",
      description = "seconds between two polls of a channel (default: ${DEFAULT-VALUE})")
  private int period;

  @Option(
      names = "--cycle",
      paramLabel = "N",
      defaultValue = "60",
      description =
          "seconds to three times that in which a channel streams once (default: ${DEFAULT-VALUE})")
  private int cycle;

  @Option(
      names = "--lost",
      paramLabel = "PART",
      defaultValue = "0.05",
      description = "webhooks that never arrive (default: ${DEFAULT-VALUE})")
  private double lost;

  @Option(
      names = "--twice",
      paramLabel = "PART",
      defaultValue = "0.1",
      description = "webhooks that arrive twice (default: ${DEFAULT-VALUE})")
  private double twice;

  @Option(
      names = "--late",
      paramLabel = "PART",
      defaultValue = "0.3",
      description = "webhooks that are delayed, and so reordered (default: ${DEFAULT-VALUE})")
  private double late;

  @Option(
      names = "--late-seconds",
      paramLabel = "N",
      defaultValue = "15",
      description = "the longest delay (default: ${DEFAULT-VALUE})")
  private int lateSeconds;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "which webhooks; a new one each time when not given")
  private @Nullable Long seed;

  @Option(names = "--keep", description = "leave the folder with the stores and the logs")
  private boolean keep;

  @Mixin private final Judge judge = new Judge();

  @Override
  public Integer call() throws Exception {
    if (seconds < 1
        || period < 1
        || cycle < 10
        || lateSeconds < 0
        || lateSeconds > 300
        || !part(lost)
        || !part(twice)
        || !part(late)) {
      throw judge.refused(
          "--lost, --twice and --late are from 0 to 1, --late-seconds up to 300, --cycle from 10 on,"
              + " --seconds and --period from 1 on");
    }
    PollPushOrdeal ordeal =
        new PollPushOrdeal(
            new PollPushOrdeal.Plan(
                Duration.ofSeconds(seconds),
                Duration.ofSeconds(period),
                Duration.ofSeconds(cycle),
                lost,
                twice,
                late,
                Duration.ofSeconds(lateSeconds)),
            Judge.seed(seed),
            keep,
            judge.out());
    return judge.untilInterrupt(
        ordeal::stop,
        () -> {
          ObjectNode report = ordeal.run();
          return judge.ended(report.path("holds").booleanValue(), report);
        });
  }

  private static boolean part(double of) {
    return of >= 0 && of <= 1;
  }
}
