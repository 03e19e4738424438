package ingest.faults;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bin/faults}. */
@Command(
    name = "bin/faults",
    mixinStandardHelpOptions = true,
    subcommands = {
      Clients.class,
      PollPush.class,
      WebhookFaults.class,
      ChatExportFaults.class,
      PollerFaults.class,
      ReplayFaults.class,
      RestoreFaults.class,
      RebuildFaults.class
    },
    description = {
      "Kills processes of the product under load and proves that nothing was lost or repeated.",
      "",
      "Starts PostgreSQL, ClickHouse, the simulated upstreams, two processes of role ingest and two"
          + " of role env behind a balancer, in a temporary folder and on free ports. While pollers"
          + " and clients of emit feed them, it kills an ingest, an env, ClickHouse's child or"
          + " PostgreSQL's postmaster, or stops an ingest past its lease. At the end everything"
          + " drains, and each event's history is held against what the stores have.",
      "",
      "About four seconds for each kill and a minute around them. Ctrl-C ends the kills and checks"
          + " what was done so far."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bin/faults --kills 200                 the proof; about 15 minutes on an idle machine",
      "  bin/faults --kills 30 --seed 7         the same faults in the same order again",
      "  bin/faults --kills 20 --json out.json",
      "  bin/faults webhooks                    the same of the webhook doors; see its --help",
      "  bin/faults chat-export                 the same of the export of chat; see its --help",
      "  bin/faults pollers                     budgets and periods of pollers; see its --help",
      "  bin/faults poll-push                   polls beside webhooks that are lost and late",
      "  bin/faults replay                      bugs in projectors, mended and replayed",
      "  bin/faults restore                     drills: a store is lost, restored, and balanced again",
      "  bin/faults rebuild                     bugs in projectors, mended, the tables made anew",
      "",
      "Exit codes: 0 every rule held under the load that was asked for, 1 not, 2 not understood."
    })
public final class Faults implements Callable<Integer> {
  @Option(
      names = "--kills",
      paramLabel = "N",
      description = "how many processes are killed or stopped")
  private @Nullable Integer kills;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "which faults, when and to whom; a new one each time when not given")
  private @Nullable Long seed;

  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "500",
      description = "events a second, at least (default: ${DEFAULT-VALUE})")
  private int rate;

  @Option(names = "--keep", description = "leave the folder with the stores and the logs")
  private boolean keep;

  @Mixin private final Judge judge = new Judge();

  public static void main(String[] args) {
    System.setProperty("LOG_LEVEL", "OFF"); // each fault has its line
    PrintWriter out =
        new PrintWriter(
            new OutputStreamWriter(
                new FileOutputStream(FileDescriptor.out), StandardCharsets.UTF_8),
            true);
    System.exit(new CommandLine(new Faults()).setOut(out).execute(args));
  }

  @Override
  public Integer call() throws Exception {
    if (kills == null || kills < 1 || rate < 1) {
      throw judge.refused("--kills is needed; --kills and --rate are numbers from 1 on");
    }
    Ordeal ordeal = new Ordeal(kills, judge.toldSeed(seed), rate, keep, judge.out());
    return judge.run(ordeal::stop, ordeal::run);
  }
}
