package ingest.cli;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.settings.Settings;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Shows who wanted what. */
@Command(
    name = "audit",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Shows who wanted what, when and why: the latest hundred, the newest first.",
      "",
      "An entry is written before its action is tried, so what was refused or failed stands here, too. With ADMIN_TOKENS it begins with the name of the token; what stands in brackets is what the caller said."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  bin/ingest audit", "  bin/ingest audit --json --before 4711"})
final class AuditCommand implements Callable<Integer> {
  @Mixin private final ApiOptions api;
  private final Surroundings around;

  @Option(names = "--before", paramLabel = "ID", description = "Entries before this one.")
  private @Nullable Long before;

  AuditCommand(Supplier<Settings> settings, Surroundings around) {
    this.api = new ApiOptions(settings, around);
    this.around = around;
  }

  @Override
  public Integer call() {
    JsonNode entries =
        api.connect().get("/admin/audit" + (before == null ? "" : "?before=" + before));
    if (api.json()) {
      api.printJson(entries);
      return 0;
    }
    Table table = new Table("ID", "AT", "WHO", "ACTION", "WHAT", "WHY");
    for (JsonNode entry : entries) {
      table.row(
          entry.path("id"),
          Text.time(entry.path("at"), around.clock()),
          entry.path("who"),
          entry.path("action"),
          entry.path("what").toString(),
          entry.path("why"));
    }
    table.print(around.out(), around.ansi());
    return 0;
  }
}
