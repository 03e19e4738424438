package ingest.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.settings.Settings;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Has what is dead tried once more. */
@Command(
    name = "requeue",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Has dead events tried once more: one, a group of `bin/ingest dead`, or all that are meant.",
      "",
      "They begin with no attempt and keep what they died of until the next one. What dies later is not taken; with the --seen of a --dry-run exactly what that told is. It is an operation: it goes on when this command is left, and `bin/ingest operations cancel` calls it off.",
      "",
      "A target that is paused or off gets them when it is live. Exits with 1 when the operation failed or was called off."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bin/ingest requeue --target stage --type 'kick.livestream.*' --dry-run",
      "  bin/ingest requeue --target stage --type 'kick.livestream.*' --seen 7421:7421: --rate 100",
      "  bin/ingest requeue --target stage --fingerprint 'answered #' --why 'migration is through'",
      "  bin/ingest requeue --event 01KAFQ3V8E4JX2T9B6N5R7C1DM"
    })
final class RequeueCommand implements Callable<Integer> {
  private static final String VERB = "requeue";

  @Mixin private final ApiOptions api;
  @Mixin private final LetterOptions which = new LetterOptions();
  private final LetterAction action;

  @Option(names = "--all", description = "Everything that is dead, of every target.")
  private boolean all;

  @Option(names = "--dry-run", description = "Only tell what would be taken.")
  private boolean dry;

  @Option(
      names = "--seen",
      paramLabel = "SEEN",
      description = "Take exactly what a --dry-run has told, by the words of its last line.")
  private @Nullable String seen;

  @Option(
      names = "--rate",
      paramLabel = "N",
      description = "Events per second at most; as fast as it goes by default.")
  private @Nullable Integer rate;

  @Option(names = "--detach", description = "Return at once, without looking at its progress.")
  private boolean detach;

  @Option(names = "--why", paramLabel = "WHY", description = "For the audit.")
  private @Nullable String why;

  RequeueCommand(Supplier<Settings> settings, Surroundings around) {
    this.api = new ApiOptions(settings, around);
    this.action = new LetterAction(api, around);
  }

  @Override
  public Integer call() {
    if (dry) {
      return action.preview(VERB, which.put(JsonNodeFactory.instance.objectNode()));
    }
    ObjectNode request = which.put(api.audited(why)).put("all", all);
    if (seen != null) {
      request.put("seen", seen);
    }
    if (rate != null) {
      request.put("rate", rate);
    }
    return action.begin(VERB, request, detach);
  }
}
