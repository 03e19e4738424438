package ingest.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import ingest.settings.Settings;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows where events go, and opens or closes a target. */
@Command(
    name = "targets",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "[list | set]",
    description = "Lists the targets of deliveries, or sets the mode of one.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  bin/ingest targets",
      "  bin/ingest targets set stage paused --why 'migrating the database'",
      "  bin/ingest targets set stage live"
    })
final class TargetsCommand implements Callable<Integer> {
  private static final String PATH = "/admin/targets";

  /** Spelt as the API and the caller do. */
  enum Mode {
    off,
    paused,
    live
  }

  @Mixin private final ApiOptions api;
  private final Surroundings around;

  TargetsCommand(Supplier<Settings> settings, Surroundings around) {
    this.api = new ApiOptions(settings, around);
    this.around = around;
  }

  @Override
  public Integer call() {
    return list();
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Lists the targets with their modes and the types they take.")
  int list() {
    JsonNode targets = api.connect().get(PATH);
    if (api.json()) {
      api.printJson(targets);
    } else {
      print(targets);
    }
    return 0;
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = {
        "Sets a target's mode, for all instances and over restarts:",
        "off: nothing is noted for it, and it misses what is committed meanwhile;",
        "paused: deliveries wait; live: they are made."
      })
  int set(
      @Parameters(paramLabel = "NAME", description = "As `targets list` has it.") String name,
      @Parameters(paramLabel = "MODE", description = "${COMPLETION-CANDIDATES}.") Mode mode,
      @Option(names = "--why", paramLabel = "WHY", description = "Shown wherever the mode is.")
          @Nullable String why) {
    JsonNode target =
        api.connect()
            .post(
                PATH + "/" + AdminApi.segment(name),
                api.audited(why).put("mode", mode.name()),
                AdminApi.QUICK);
    if (api.json()) {
      api.printJson(target);
    } else {
      print(JsonNodeFactory.instance.arrayNode().add(target));
    }
    return 0;
  }

  private void print(JsonNode targets) {
    Table table = new Table("TARGET", "KIND", "MODE", "BATCH", "SINCE", "BY", "WHY", "TYPES");
    for (JsonNode target : targets) {
      table.row(
          target.path("name"),
          target.path("kind"),
          target.path("mode"),
          target.path("batch"),
          Text.time(target.path("changed_at"), around.clock()),
          target.path("who"),
          target.path("why"),
          types(target.path("types")));
    }
    table.print(around.out(), around.ansi());
  }

  private static String types(JsonNode types) {
    List<String> names =
        StreamSupport.stream(types.spliterator(), false).map(JsonNode::asText).toList();
    return names.isEmpty() ? "-" : String.join(", ", names);
  }
}
