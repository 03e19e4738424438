package ingest.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import ingest.settings.Settings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows and switches the pollers of all instances. */
@Command(
    name = "pollers",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "[list | pause | resume | run]",
    description = {
      "Lists the pollers, switches them by hand, or runs them now.",
      "A switch holds for every instance and over restarts, until it is resumed."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bin/ingest pollers",
      "  bin/ingest pollers pause kick-viewers --why 'Kick answers 500'",
      "  bin/ingest pollers resume --all",
      "  bin/ingest pollers run kick-viewers"
    })
final class PollersCommand implements Callable<Integer> {
  private static final String PATH = "/admin/pollers";

  /** Less is the time between two runs. */
  private static final Duration BEHIND = Duration.ofSeconds(10);

  @Mixin private final ApiOptions api;
  private final Surroundings around;

  PollersCommand(Supplier<Settings> settings, Surroundings around) {
    this.api = new ApiOptions(settings, around);
    this.around = around;
  }

  @Override
  public Integer call() {
    return list();
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Lists the pollers: on or off, when each ran and will run.")
  int list() {
    print(api.connect().get(PATH));
    return 0;
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Stops pollers from starting; a run that has begun ends by itself.")
  int pause(
      @Parameters(paramLabel = "NAME", arity = "0..*") @Nullable List<String> names,
      @Option(names = "--all", description = "Every poller.") boolean all,
      @Option(names = "--why", paramLabel = "WHY", description = "Shown wherever the switch is.")
          @Nullable String why) {
    return act("pause", names, all, why, AdminApi.QUICK);
  }

  @Command(
      mixinStandardHelpOptions = true,
      description =
          "Clears what was switched by hand: the setting of each poller is in force again.")
  int resume(
      @Parameters(paramLabel = "NAME", arity = "0..*") @Nullable List<String> names,
      @Option(names = "--all", description = "Every poller.") boolean all) {
    return act("resume", names, all, null, AdminApi.QUICK);
  }

  @Command(
      mixinStandardHelpOptions = true,
      description = "Runs pollers now, one after the other, and waits until each has ended.")
  int run(@Parameters(paramLabel = "NAME", arity = "1..*") List<String> names) {
    return act("run", names, false, null, AdminApi.POLL);
  }

  /** Each poller by itself: one that cannot be switched keeps none of the others from it. */
  private int act(
      String verb,
      @Nullable List<String> names,
      boolean all,
      @Nullable String why,
      Duration timeout) {
    if ((names == null) != all) {
      throw new CommandFailure.Misuse("give the names of the pollers, or --all");
    }
    AdminApi connection = api.connect();
    List<String> chosen =
        names != null
            ? names
            : StreamSupport.stream(connection.get(PATH).spliterator(), false)
                .map(poller -> poller.path("name").asText())
                .toList();
    ArrayNode done = JsonNodeFactory.instance.arrayNode();
    boolean failed = false;
    for (String name : chosen) {
      try {
        done.add(
            connection.post(
                PATH + "/" + AdminApi.segment(name) + "/" + verb, api.audited(why), timeout));
      } catch (CommandFailure.NobodyThere e) {
        throw e;
      } catch (CommandFailure e) {
        around.err().println(Text.oneLine(name + ": " + e.getMessage()));
        failed = true;
      }
    }
    if (!failed || !done.isEmpty()) {
      print(done);
    }
    return failed ? 1 : 0;
  }

  private void print(JsonNode pollers) {
    if (api.json()) {
      api.printJson(pollers);
      return;
    }
    Table table =
        new Table(
            "POLLER",
            "STATE",
            "SCHEDULE",
            "LAST RUN",
            "TOOK",
            "CHANNELS",
            "EVENTS",
            "NEW",
            "SKIPPED PAGES",
            "NEXT RUN");
    for (JsonNode poller : pollers) {
      JsonNode last = poller.path("last_run");
      table.row(
          poller.path("name"),
          poller.path("on").asBoolean() ? "on" : "off",
          poller.path("schedule"),
          Text.time(last.path("at"), around.clock()),
          last.path("seconds").isNumber() ? last.path("seconds").asText() + " s" : "-",
          last.path("channels"),
          last.path("events"),
          last.path("new"),
          Table.alarm(last.path("skipped_pages")),
          Text.time(poller.path("next_run"), around.clock()));
    }
    table.print(around.out(), around.ansi());
    for (JsonNode poller : pollers) {
      for (Map.Entry<String, JsonNode> of : poller.path("behind").properties()) {
        if (of.getValue().path("seconds").asDouble() >= BEHIND.toSeconds()) {
          around.out().println(behind(poller, of.getKey(), of.getValue()));
        }
      }
      JsonNode early = poller.path("last_run").path("ended_early");
      if (early.isTextual()) {
        around
            .out()
            .println(Text.of(poller.path("name")) + " ended its last run early: " + Text.of(early));
      }
      if (poller.path("lacks").isTextual()) {
        around
            .out()
            .println(
                "%s is off: %s is not set"
                    .formatted(Text.of(poller.path("name")), Text.of(poller.path("lacks"))));
      }
      JsonNode override = poller.path("override");
      if (override.isObject()) {
        around.out().println(overridden(poller, override));
      }
    }
  }

  private static String behind(JsonNode poller, String of, JsonNode lag) {
    return "%s is behind: %s %s due, the longest for %s"
        .formatted(
            Text.of(poller.path("name")),
            Text.number(lag.path("due").asLong()),
            Text.oneLine(of),
            Text.span(Duration.ofSeconds(lag.path("seconds").asLong())));
  }

  private String overridden(JsonNode poller, JsonNode override) {
    String why = Text.of(override.path("why"));
    String until = Text.time(override.path("until"), around.clock());
    return "%s was set to %s by %s at %s%s%s"
        .formatted(
            Text.of(poller.path("name")),
            Text.of(override.path("value")),
            Text.of(override.path("who")),
            Text.time(override.path("at"), around.clock()),
            "-".equals(until) ? "" : ", until " + until,
            "-".equals(why) ? "" : ": " + why);
  }
}
