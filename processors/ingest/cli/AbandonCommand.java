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

/** Gives up what is dead or waits. */
@Command(
    name = "abandon",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Gives up events for one target, with a reason: they are not delivered to it any more. A replay brings them, as long as ClickHouse has them.",
      "",
      "Means the dead ones; --of pending means those that wait, which cleans a stream that somebody has polluted, and --of both takes both. What a worker has just then is left to it and looked at again, so such an operation may take a minute longer. What is committed later is not taken: pause or mend its source first.",
      "",
      "Exits with 1 when the operation failed or was called off."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bin/ingest abandon --target stage --event 01KAFQ3V8E4JX2T9B6N5R7C1DM --why 'no such streamer'",
      "  bin/ingest abandon --target stage --type 'acme.*' --of both --dry-run",
      "  bin/ingest abandon --target stage --type 'acme.*' --of both --why 'a load test'"
    })
final class AbandonCommand implements Callable<Integer> {
  private static final String VERB = "abandon";

  /** Spelt as the API and the caller do. */
  enum Of {
    dead,
    pending,
    both
  }

  @Mixin private final ApiOptions api;
  @Mixin private final LetterOptions which = new LetterOptions();
  private final LetterAction action;

  @Option(
      names = "--of",
      paramLabel = "STATE",
      defaultValue = "dead",
      description = "${COMPLETION-CANDIDATES}; ${DEFAULT-VALUE} by default.")
  private Of of = Of.dead;

  @Option(names = "--dry-run", description = "Only tell what would be taken.")
  private boolean dry;

  @Option(
      names = "--seen",
      paramLabel = "SEEN",
      description = "Take nothing that a --dry-run has not told, by the words of its last line.")
  private @Nullable String seen;

  @Option(names = "--detach", description = "Return at once, without looking at its progress.")
  private boolean detach;

  @Option(
      names = "--why",
      paramLabel = "WHY",
      description = "For the audit, and beside each event; needed unless --dry-run.")
  private @Nullable String why;

  AbandonCommand(Supplier<Settings> settings, Surroundings around) {
    this.api = new ApiOptions(settings, around);
    this.action = new LetterAction(api, around);
  }

  @Override
  public Integer call() {
    if (dry) {
      return action.preview(
          VERB, which.put(JsonNodeFactory.instance.objectNode()).put("of", of.name()));
    }
    if (why == null || why.isBlank()) {
      throw new CommandFailure.Misuse("what is abandoned has a reason: --why");
    }
    ObjectNode request = which.put(api.audited(why)).put("of", of.name());
    if (seen != null) {
      request.put("seen", seen);
    }
    return action.begin(VERB, request, detach);
  }
}
