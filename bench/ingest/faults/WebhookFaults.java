package ingest.faults;

import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bin/faults webhooks}. */
@Command(
    name = "webhooks",
    mixinStandardHelpOptions = true,
    description = {
      "Breaks what is behind the webhook doors and proves that a call that was answered 2xx is kept.",
      "",
      "Starts PostgreSQL, ClickHouse, a process of role webhooks and one of role ingest, in a"
          + " temporary folder and on free ports. 64 clients send calls of Resend, Sumsub and Kick"
          + " with signatures of their own, half of them of what was told before: the same message"
          + " again, or the same fact under another message id. One after the other: processes are"
          + " killed under that load; PostgreSQL is stopped; ClickHouse is stopped; forged calls come"
          + " beside genuine ones. Then everything drains, and every call is held against the outbox,"
          + " vf.raw_events and the bodies in vf.webhook_inbox.",
      "",
      "0 leaves a part out. Ctrl-C ends the part on its way and checks what was done so far."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bin/faults webhooks                            the proof; about 15 minutes",
      "  bin/faults webhooks --kills 5 --postgres-seconds 5 --clickhouse-seconds 5 --flood-seconds 5",
      "  bin/faults webhooks --kills 0 --postgres-seconds 0 --clickhouse-seconds 0 --json out.json",
      "",
      "Exit codes: 0 every rule held under the load that was asked for, 1 not, 2 not understood."
    })
final class WebhookFaults implements Callable<Integer> {
  @Option(
      names = "--kills",
      paramLabel = "N",
      defaultValue = "20",
      description = "how many processes are killed (default: ${DEFAULT-VALUE})")
  private int kills;

  @Option(
      names = "--postgres-seconds",
      paramLabel = "N",
      defaultValue = "30",
      description = "how long PostgreSQL is away (default: ${DEFAULT-VALUE})")
  private int postgres;

  @Option(
      names = "--clickhouse-seconds",
      paramLabel = "N",
      defaultValue = "300",
      description = "how long ClickHouse is away (default: ${DEFAULT-VALUE})")
  private int clickHouse;

  @Option(
      names = "--flood-seconds",
      paramLabel = "N",
      defaultValue = "30",
      description = "how long forged calls come (default: ${DEFAULT-VALUE})")
  private int flood;

  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "200",
      description = "genuine calls a second, except under kills (default: ${DEFAULT-VALUE})")
  private int rate;

  @Option(
      names = "--forged",
      paramLabel = "N",
      defaultValue = "2000",
      description = "forged calls a second (default: ${DEFAULT-VALUE})")
  private int forged;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "what is sent, and who is killed; a new one each time when not given")
  private @Nullable Long seed;

  @Option(names = "--keep", description = "leave the folder with the stores and the logs")
  private boolean keep;

  @Mixin private final Judge judge = new Judge();

  @Override
  public Integer call() throws Exception {
    if (kills < 0 || postgres < 0 || clickHouse < 0 || flood < 0 || rate < 1 || forged < 1) {
      throw judge.refused("numbers are from 0 on, --rate and --forged from 1 on");
    }
    WebhookOrdeal ordeal =
        new WebhookOrdeal(
            new WebhookOrdeal.Plan(
                kills,
                Duration.ofSeconds(postgres),
                Duration.ofSeconds(clickHouse),
                Duration.ofSeconds(flood),
                rate,
                forged),
            judge.toldSeed(seed),
            keep,
            judge.out());
    return judge.run(ordeal::stop, ordeal::run);
  }
}
