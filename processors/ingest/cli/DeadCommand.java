package ingest.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.settings.Settings;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Shows what deliveries gave up. */
@Command(
    name = "dead",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "[groups | list]",
    description = {
      "Shows what deliveries gave up: by target, type and cause, or one by one.",
      "",
      "An event is dead after its 15th refusal, some 23 hours after the first, or after it took its worker down five times. It stays until `requeue` has it tried once more, `abandon` gives it up, or PARK_MAX is over."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bin/ingest dead",
      "  bin/ingest dead groups --target stage --type 'kick.livestream.*'",
      "  bin/ingest dead list --target stage --fingerprint 'answered #' --limit 500",
      "  bin/ingest dead list --subject kick:900000001 --json | jq -r '.letters[].response'"
    })
final class DeadCommand implements Callable<Integer> {
  private static final String PATH = "/admin/letters";

  /** Of one answer; a longer list is asked for in several. */
  private static final int PAGE = 1000;

  @Mixin private final ApiOptions api;
  private final Surroundings around;

  DeadCommand(Supplier<Settings> settings, Surroundings around) {
    this.api = new ApiOptions(settings, around);
    this.around = around;
  }

  @Override
  public Integer call() {
    return groups(new LetterOptions(), PAGE);
  }

  @Command(
      mixinStandardHelpOptions = true,
      description =
          "By target, type and cause, the largest group first, each with its latest event.")
  int groups(
      @Mixin LetterOptions which,
      @Option(
              names = "--limit",
              paramLabel = "N",
              defaultValue = "1000",
              description = "Groups at most, up to 1000.")
          int limit) {
    ObjectNode request = which.put(JsonNodeFactory.instance.objectNode()).put("limit", limit);
    JsonNode answer = api.connect().get(PATH + "/groups" + LetterOptions.query(request));
    if (api.json()) {
      api.printJson(answer);
      return 0;
    }
    Table table = new Table("TARGET", "TYPE", "EVENTS", "FIRST", "LAST", "CAUSE", "LATEST EVENT");
    for (JsonNode group : answer.path("groups")) {
      table.row(
          group.path("target"),
          group.path("type"),
          group.path("events"),
          Text.time(group.path("first"), around.clock()),
          Text.time(group.path("last"), around.clock()),
          group.path("fingerprint"),
          group.path("sample").path("event"));
    }
    if (table.isEmpty()) {
      around.out().println("nothing is dead");
      return 0;
    }
    table.print(around.out(), around.ansi());
    around
        .out()
        .println(
            "%s events in %s groups%s"
                .formatted(
                    Text.number(answer.path("of_events").asLong()),
                    Text.number(answer.path("of_groups").asLong()),
                    answer.path("complete").asBoolean()
                        ? ""
                        : ", of which the largest %s are shown"
                            .formatted(Text.number(answer.path("groups").size()))));
    return 0;
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "One by one: by target, type and cause, and there the longest dead first.")
  int list(
      @Mixin LetterOptions which,
      @Option(
              names = "--limit",
              paramLabel = "N",
              defaultValue = "50",
              description = "Events at most; ${DEFAULT-VALUE} by default.")
          int limit) {
    if (limit < 1) {
      throw new CommandFailure.Misuse("--limit is a number above 0");
    }
    AdminApi connection = api.connect();
    ObjectNode request = which.put(JsonNodeFactory.instance.objectNode());
    ArrayNode letters = JsonNodeFactory.instance.arrayNode();
    boolean complete = false;
    while (!complete && letters.size() < limit) {
      request.put("limit", Math.min(PAGE, limit - letters.size()));
      JsonNode page = connection.get(PATH + LetterOptions.query(request));
      page.path("letters").forEach(letters::add);
      request.set("after", page.path("after"));
      complete = page.path("complete").asBoolean();
    }
    ObjectNode answer = JsonNodeFactory.instance.objectNode();
    answer.set("letters", letters);
    answer.put("complete", complete);
    if (api.json()) {
      api.printJson(answer);
    } else {
      print(answer);
    }
    return 0;
  }

  private void print(JsonNode answer) {
    Table table = new Table("EVENT", "TARGET", "TYPE", "SUBJECT", "DIED", "ATTEMPTS", "LAST ERROR");
    for (JsonNode letter : answer.path("letters")) {
      table.row(
          letter.path("event"),
          letter.path("target"),
          letter.path("type"),
          letter.path("subject"),
          Text.time(letter.path("died_at"), around.clock()),
          letter.path("attempts"),
          letter.path("last_error"));
    }
    if (table.isEmpty()) {
      around.out().println("nothing is dead");
      return;
    }
    table.print(around.out(), around.ansi());
    if (!answer.path("complete").asBoolean()) {
      around.out().println("there are more: --limit shows them, `dead groups` counts them");
    }
  }
}
