package ingest.cli;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.settings.Settings;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows the long work that operators have begun, and calls it off. */
@Command(
    name = "operations",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "[list | show | watch | cancel | resume]",
    description = {
      "Lists replays, re-queues, erasures and the like, and calls one off.",
      "",
      "An operation is done by whichever instance comes first, page by page; when a process ends, another goes on where it was. What a cancelled one has done stays done."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bin/ingest operations",
      "  bin/ingest operations show 12 --json",
      "  bin/ingest operations watch 12",
      "  bin/ingest operations cancel 12 --why 'the wrong window'",
      "  bin/ingest operations resume 12 --why 'the target is back'"
    })
final class OperationsCommand implements Callable<Integer> {
  private static final String PATH = "/admin/operations";

  @Mixin private final ApiOptions api;
  private final Surroundings around;
  private final OperationWatch watch;

  OperationsCommand(Supplier<Settings> settings, Surroundings around) {
    this.api = new ApiOptions(settings, around);
    this.around = around;
    this.watch = new OperationWatch(api, around);
  }

  @Override
  public Integer call() {
    return list(null);
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Lists the latest fifty, the newest first.")
  int list(
      @Option(names = "--before", paramLabel = "ID", description = "Those begun before this one.")
          @Nullable Long before) {
    JsonNode operations = api.connect().get(PATH + (before == null ? "" : "?before=" + before));
    if (api.json()) {
      api.printJson(operations);
      return 0;
    }
    Table table = new Table("ID", "KIND", "STATE", "DONE", "OF", "BEGUN", "BY", "WHY");
    for (JsonNode operation : operations) {
      table.row(
          operation.path("id"),
          operation.path("kind"),
          operation.path("state"),
          operation.path("done"),
          operation.path("total"),
          Text.time(operation.path("created_at"), around.clock()),
          operation.path("who"),
          operation.path("why"));
    }
    table.print(around.out(), around.ansi());
    return 0;
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Shows one: how far it is, and what became of what.")
  int show(@Parameters(paramLabel = "ID", description = "As the list has it.") long id) {
    watch.tell(api.connect().get(PATH + "/" + id));
    return 0;
  }

  @Command(
      mixinStandardHelpOptions = true,
      description =
          "Looks at one until it ends; Ctrl-C ends the look alone. Exits with 1 when it failed or was called off.")
  int watch(@Parameters(paramLabel = "ID", description = "As the list has it.") long id) {
    return watch.watch(api.connect(), id);
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Calls one off: it ends after the page that it is at.")
  int cancel(
      @Parameters(paramLabel = "ID", description = "As the list has it.") long id,
      @Option(names = "--why", paramLabel = "WHY", description = "For the audit.")
          @Nullable String why) {
    return act(id, "cancel", why);
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Goes on with one that failed or was called off, from where it was.")
  int resume(
      @Parameters(paramLabel = "ID", description = "As the list has it.") long id,
      @Option(names = "--why", paramLabel = "WHY", description = "For the audit.")
          @Nullable String why) {
    return act(id, "resume", why);
  }

  private int act(long id, String action, @Nullable String why) {
    watch.tell(
        api.connect().post(PATH + "/" + id + "/" + action, api.audited(why), AdminApi.QUICK));
    return 0;
  }
}
