package ingest.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.settings.Settings;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Sends a window of the archive to one target again. */
@Command(
    name = "replay",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "[list]",
    description = {
      "Sends what happened within a window of time to one target again, out of ClickHouse, and shows how far it is.",
      "",
      "The target applies each event once more: after a projector was mended this puts right what it wrote, and changes nothing else. Mend it first. Rows that should not be there at all stay: that is for `rebuild`. Live events go before; while the target is away it waits. Another process goes on where one ends. "
          + When.FORMS,
      "",
      "Exits with 0 when every event was taken, 1 when it failed, was called off, or the target did not take some."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bin/ingest replay --target stage --from 24h --dry-run",
      "  bin/ingest replay --target stage --from 24h --type 'kick.livestream.*'",
      "  bin/ingest replay --target stage --from 2026-11-19T08:00:00Z --to 2026-11-19T09:00:00Z --only-missing",
      "  bin/ingest replay --target production --from 2h --yes-production --rate 500 --detach",
      "  bin/ingest replay list"
    })
final class ReplayCommand implements Callable<Integer> {
  private static final String PATH = "/admin/replays";

  /** What a target did not take, as a replay counts it. */
  private static final Set<String> NOT_TAKEN = Set.of("failed", "unknown", "unreadable");

  @Mixin private final ApiOptions api;
  private final Surroundings around;

  @Option(names = "--target", paramLabel = "NAME", description = "As `targets` has it; needed.")
  private @Nullable String target;

  @Option(names = "--from", description = "What happened then or later; needed.")
  private @Nullable String from;

  @Option(names = "--to", description = "What happened before; else until now.")
  private @Nullable String to;

  @Option(
      names = "--type",
      paramLabel = "TYPE",
      description =
          "Of this type alone, or of a pattern such as kick.livestream.*; may be repeated.")
  private List<String> types = List.of();

  @Option(
      names = "--subject",
      paramLabel = "SUBJECT",
      description = "Of this subject alone, such as kick:12345; may be repeated.")
  private List<String> subjects = List.of();

  @Option(
      names = "--only-missing",
      description =
          "Send the events as they were: the target applies those alone that it does not know.")
  private boolean onlyMissing;

  @Option(names = "--dry-run", description = "Only count, by type.")
  private boolean dry;

  @Option(
      names = "--rate",
      paramLabel = "N",
      description = "Events per second at most; else as fast as live events let it.")
  private @Nullable Integer rate;

  @Option(
      names = "--yes-production",
      description = "Needed for a target of REPLAY_GUARDED, such as production.")
  private boolean yesProduction;

  @Option(names = "--detach", description = "Return as soon as it is begun.")
  private boolean detach;

  @Option(names = "--why", paramLabel = "TEXT", description = "For the audit.")
  private @Nullable String why;

  ReplayCommand(Supplier<Settings> settings, Surroundings around) {
    this.api = new ApiOptions(settings, around);
    this.around = around;
  }

  @Override
  public Integer call() {
    if (target == null || from == null) {
      throw new CommandFailure.Misuse("--target and --from say what is replayed, and where to");
    }
    AdminApi connection = api.connect();
    JsonNode begun = connection.post(PATH, request(target, from), AdminApi.QUICK);
    long id = begun.path("operation").asLong();
    begun.path("told").forEach(told -> around.err().println(Text.of(told)));
    if (detach) {
      tell(begun, id);
      return 0;
    }
    int code = new OperationWatch(api, around).watch(connection, id);
    JsonNode counts = connection.get(OperationWatch.PATH + id).path("counts");
    return NOT_TAKEN.stream().anyMatch(word -> counts.path(word).asLong() > 0) ? 1 : code;
  }

  private ObjectNode request(String target, String from) {
    ObjectNode request = api.audited(why);
    request.put("target", target);
    request.put("from", When.of("--from", from, around.clock()).toString());
    if (to != null) {
      request.put("to", When.of("--to", to, around.clock()).toString());
    }
    types.forEach(request.putArray("types")::add);
    subjects.forEach(request.putArray("subjects")::add);
    if (rate != null) {
      request.put("rate", rate);
    }
    return request
        .put("only_missing", onlyMissing)
        .put("dry_run", dry)
        .put("yes_production", yesProduction);
  }

  private void tell(JsonNode begun, long id) {
    if (api.json()) {
      api.printJson(begun);
      return;
    }
    around
        .out()
        .println(
            "operation %1$d: some %2$s events; `bin/ingest operations watch %1$d` looks at it, `bin/ingest operations cancel %1$d` calls it off"
                .formatted(id, Text.number(begun.path("total").asLong())));
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Lists the latest fifty, the newest first: how far, how fast, how long still.")
  int list() {
    JsonNode runs = api.connect().get(PATH);
    if (api.json()) {
      api.printJson(runs);
      return 0;
    }
    Table table =
        new Table("ID", "STATE", "TARGET", "FROM", "TO", "DONE", "OF", "PER S", "LEFT", "WAITS");
    for (JsonNode run : runs) {
      table.row(
          run.path("id"),
          run.path("dry_run").asBoolean()
              ? run.path("state").asText() + " (dry)"
              : run.path("state"),
          run.path("target"),
          Text.time(run.path("window_from"), around.clock()),
          Text.time(run.path("window_to"), around.clock()),
          run.path("done"),
          run.path("total"),
          run.path("rows_per_second"),
          run.path("eta"),
          run.path("waits_for"));
    }
    table.print(around.out(), around.ansi());
    return 0;
  }
}
