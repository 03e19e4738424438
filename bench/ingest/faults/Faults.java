package ingest.faults;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** {@code bin/faults}. */
@Command(
    name = "bin/faults",
    mixinStandardHelpOptions = true,
    subcommands = {Clients.class, PollPush.class},
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

  @Option(names = "--json", paramLabel = "FILE", description = "where the result goes as JSON, too")
  private @Nullable Path json;

  @Option(names = "--keep", description = "leave the folder with the stores and the logs")
  private boolean keep;

  private final PrintWriter out;

  Faults(PrintWriter out) {
    this.out = out;
  }

  public static void main(String[] args) {
    System.setProperty("LOG_LEVEL", "OFF"); // each fault has its line
    PrintWriter out =
        new PrintWriter(
            new OutputStreamWriter(
                new FileOutputStream(FileDescriptor.out), StandardCharsets.UTF_8),
            true);
    CommandLine line =
        new CommandLine(new Faults(out))
            .addSubcommand(new WebhookFaults(out))
            .addSubcommand(new ChatExportFaults(out))
            .addSubcommand(new PollerFaults(out))
            .setOut(out);
    System.exit(line.execute(args));
  }

  @Override
  public Integer call() throws Exception {
    if (kills == null || kills < 1 || rate < 1) {
      throw new ParameterException(
          new CommandLine(this), "--kills is needed; --kills and --rate are numbers from 1 on");
    }
    long chosen = seed == null ? new Random().nextInt(1_000_000) : seed;
    out.println("seed " + chosen);
    Ordeal ordeal = new Ordeal(kills, chosen, rate, keep, out);
    OnInterrupt interrupt = new OnInterrupt(ordeal::stop);
    try {
      Report report = ordeal.run();
      report.print(out);
      if (json != null) {
        Files.writeString(json, report.json().toPrettyString() + "\n");
      }
      return report.holds() && report.loaded() && report.done() == kills ? 0 : 1;
    } finally {
      interrupt.close();
    }
  }
}
