package ingest.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.settings.Settings;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Holds what was accepted against what every store has, and has it put right. */
@Command(
    name = "balance",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "[mend]",
    description = {
      "Compares what was accepted with what ClickHouse and each environment have, hour by hour, and names what does not agree.",
      "",
      "An hour is one of ids, which tell when something happened. What waits, is parked, dead or abandoned is accounted for and no mismatch. The same is done each hour by itself, for older hours less often; what that found is told, too. "
          + When.FORMS,
      "",
      "Exits with 1 when something does not agree or a store cannot be asked."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bin/ingest balance",
      "  bin/ingest balance --from 8d --target stage",
      "  bin/ingest balance --json | jq .mismatches",
      "  bin/ingest balance mend --why 'stage was restored from its backup'",
      "  bin/ingest balance mend --from 8d --target stage --rate 500"
    })
final class BalanceCommand implements Callable<Integer> {
  private static final String PATH = "/admin/balance";
  private static final int MOST_IDS = 3;

  /** A look at one hour of much traffic. */
  private static final Duration LOOK = Duration.ofMinutes(2);

  @Mixin private final ApiOptions api;
  private final Surroundings around;

  @Option(names = "--target", paramLabel = "NAME", description = "One target alone; else all.")
  private @Nullable String target;

  @Option(names = "--from", description = "Hours from then on; else the last 24.")
  private String from = "24h";

  @Option(names = "--to", description = "Hours before that; else until now.")
  private String to = "0s";

  BalanceCommand(Supplier<Settings> settings, Surroundings around) {
    this.api = new ApiOptions(settings, around);
    this.around = around;
  }

  @Override
  public Integer call() {
    AdminApi connection = api.connect();
    Map<String, JsonNode> unasked = new TreeMap<>();
    look(connection, unasked);
    JsonNode known = connection.get(PATH);
    if (api.json()) {
      api.printJson(known);
    } else {
      print(known);
    }
    unasked.forEach((store, why) -> around.err().println(store + ": " + Text.of(why.path("why"))));
    boolean differs = false;
    for (JsonNode account : known.path("targets")) {
      differs |= account.path("difference").asLong() != 0;
    }
    return differs || unfinished(known) || away(unasked) ? 1 : 0;
  }

  private void look(AdminApi connection, Map<String, JsonNode> unasked) {
    Instant first = When.of("--from", from, around.clock()).truncatedTo(ChronoUnit.HOURS);
    Instant end = When.of("--to", to, around.clock());
    if (!first.isBefore(end)) {
      throw new CommandFailure.Misuse("--from is not before --to");
    }
    long hours = Duration.between(first, end).plusMinutes(59).toHours();
    try (Progress progress = Progress.of(around, "balance", hours)) {
      long done = 0;
      for (Instant hour = first; hour.isBefore(end); hour = hour.plus(1, ChronoUnit.HOURS)) {
        ObjectNode request = api.audited(null).put("hour", hour.toString()).put("target", target);
        JsonNode look = connection.post(PATH + "/look", request, LOOK);
        look.path("unasked").forEach(u -> unasked.put(u.path("target").asText(), u));
        done++;
        progress.to(done, hour.toString());
      }
    }
  }

  /** Whether anything is left that somebody has to see to. */
  private static boolean unfinished(JsonNode known) {
    return StreamSupport.stream(known.path("mismatches").spliterator(), false)
        .anyMatch(m -> !m.path("told").asBoolean());
  }

  private static boolean away(Map<String, JsonNode> unasked) {
    return unasked.values().stream().anyMatch(u -> !u.path("silent").asBoolean());
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = {
        "Puts right what does not agree: what a look has found, or, with --from, whatever is wrong in the hours of a window.",
        "",
        "What a target lacks is sent again from the outbox, or from ClickHouse where the outbox has dropped its day; what the outbox does not know is accepted again from ClickHouse. What nobody has is told, and raises no alert from then on. Doing it again changes nothing."
      })
  int mend(
      @Option(names = "--target", paramLabel = "NAME", description = "One target alone; else all.")
          @Nullable String only,
      @Option(names = "--from", description = "All hours from then on; else those known.")
          @Nullable String since,
      @Option(names = "--to", description = "Hours before that; else until now.")
          @Nullable String until,
      @Option(names = "--rate", paramLabel = "N", description = "Events a second at most.")
          @Nullable Integer rate,
      @Option(names = "--why", paramLabel = "TEXT", description = "For the audit.")
          @Nullable String why,
      @Option(names = "--detach", description = "Only begin it.") boolean detach) {
    AdminApi connection = api.connect();
    ObjectNode request = api.audited(why).put("target", only).put("rate", rate);
    if (since != null) {
      request.put("from", When.of("--from", since, around.clock()).toString());
    }
    if (until != null) {
      request.put("to", When.of("--to", until, around.clock()).toString());
    }
    JsonNode begun = connection.post(PATH + "/mend", request, AdminApi.QUICK);
    if (!detach) {
      return new OperationWatch(api, around).watch(connection, begun.path("operation").asLong());
    }
    if (api.json()) {
      api.printJson(begun);
    } else {
      around.out().println("operation %d has begun".formatted(begun.path("operation").asLong()));
    }
    return 0;
  }

  private void print(JsonNode known) {
    Table accounts =
        new Table("TARGET", "ACCEPTED", "DELIVERED", "PENDING", "DEAD", "ABANDONED", "DIFFERENCE");
    for (Map.Entry<String, JsonNode> account : known.path("targets").properties()) {
      accounts.row(
          account.getKey(),
          account.getValue().path("accepted"),
          account.getValue().path("delivered"),
          account.getValue().path("pending"),
          Table.alarm(account.getValue().path("dead")),
          Table.alarm(account.getValue().path("abandoned")),
          Table.alarm(account.getValue().path("difference")));
    }
    accounts.print(around.out(), around.ansi());
    around.out().println();
    if (known.path("mismatches").isEmpty()) {
      around.out().println("every store has what it is said to have");
      return;
    }
    Table wrong = new Table("HOUR", "EVENTS", "WHAT", "FOR EXAMPLE");
    for (JsonNode mismatch : known.path("mismatches")) {
      List<String> ids = new ArrayList<>();
      mismatch.path("sample").forEach(id -> ids.add(Text.of(id)));
      wrong.row(
          mismatch.path("hour").asText(),
          Table.alarm(mismatch.path("events")),
          mismatch.path("what"),
          ids.stream().limit(MOST_IDS).collect(Collectors.joining(" ")));
    }
    wrong.print(around.out(), around.ansi());
    around.out().println("`bin/ingest balance mend` puts it right as far as it can be");
  }
}
