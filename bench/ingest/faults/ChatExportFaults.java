package ingest.faults;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bin/faults chat-export}. */
@Command(
    name = "chat-export",
    mixinStandardHelpOptions = true,
    description = {
      "Kills the export of chat between its steps and proves that its objects are the table.",
      "",
      "Starts PostgreSQL, ClickHouse, S3Mock and two processes of role ingest that export every"
          + " second, in a temporary folder and on free ports. Chat is inserted all the time: around"
          + " the watermark and far behind it, thousands of lines with one time, and lines that come"
          + " again. One of the two is killed before or after a request of its, half of the kills"
          + " with S3, half with a folder; then ClickHouse is away for two hours of dm's clock. At"
          + " the end every line of every object is held against vf.kick_chat_message.",
      "",
      "About ten seconds for each kill. Ctrl-C ends the kills and checks what was done so far."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bin/faults chat-export --kills 50              the proof",
      "  bin/faults chat-export --kills 6 --seed 7      the same kills in the same order again",
      "",
      "Exit codes: 0 every rule held under all the kills, 1 not, 2 not understood."
    })
final class ChatExportFaults implements Callable<Integer> {
  @Option(
      names = "--kills",
      paramLabel = "N",
      defaultValue = "50",
      description = "how many processes are killed (default: ${DEFAULT-VALUE})")
  private int kills;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "what is inserted, and where is killed; a new one each time when not given")
  private @Nullable Long seed;

  @Option(names = "--keep", description = "leave the folder with the stores and the logs")
  private boolean keep;

  @Mixin private final Judge judge = new Judge();

  @Override
  public Integer call() throws Exception {
    if (kills < 0) {
      throw judge.refused("--kills is a number from 0 on");
    }
    ChatExportOrdeal ordeal = new ChatExportOrdeal(kills, judge.toldSeed(seed), keep, judge.out());
    return judge.run(ordeal::stop, ordeal::run);
  }
}
