package ingest.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.settings.Settings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Sends calls that were kept through the mappers of today. */
@Command(
    name = "refeed",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Sends calls of a third party that the inbox has kept through the mappers of today, and says how many events were new.",
      "",
      "What is known already changes nothing, so it may be given up and begun again at any time. A call keeps the time at which it came; its events go out like any others. The inbox keeps a call for 30 days, and has it a few seconds after it came. "
          + When.FORMS,
      "",
      "After a lost connection or a 503 a page is repeated for about a minute; Ctrl-C says how far it came. Exits with 1 when an event could not be committed."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bin/ingest refeed --source kick --from 24h --unmapped-only --dry-run",
      "  bin/ingest refeed --source kick --from 24h --unmapped-only",
      "  bin/ingest refeed --source sumsub --from 2026-11-19T08:00:00Z --to 2026-11-19T09:00:00Z --said applicantReviewed"
    })
final class RefeedCommand implements Callable<Integer> {
  private static final String PATH = "/admin/refeed";

  /** About a minute together: a restart or a switch-over of the database is shorter. */
  private static final List<Duration> PAUSES =
      List.of(1, 2, 4, 8, 15, 30).stream().map(Duration::ofSeconds).toList();

  @Mixin private final ApiOptions api;
  private final Surroundings around;

  @Option(names = "--source", required = true, paramLabel = "SENDER", description = "Such as kick.")
  private String source = "";

  @Option(names = "--from", required = true, description = "Calls that came then or later.")
  private String from = "";

  @Option(names = "--to", description = "Calls that came before; else until now.")
  private String to = "0s";

  @Option(
      names = "--said",
      paramLabel = "TYPE",
      description = "Calls of this type alone, as the sender calls it; may be repeated.")
  private List<String> said = List.of();

  @Option(
      names = "--unmapped-only",
      description = "Calls alone that were not understood when they came.")
  private boolean unmappedOnly;

  @Option(names = "--dry-run", description = "Only tell what would be new.")
  private boolean dry;

  @Option(names = "--why", paramLabel = "TEXT", description = "For the log.")
  private @Nullable String why;

  RefeedCommand(Supplier<Settings> settings, Surroundings around) {
    this.api = new ApiOptions(settings, around);
    this.around = around;
  }

  @Override
  public Integer call() {
    AdminApi connection = api.connect();
    ObjectNode request = api.audited(why);
    request.put("source", source);
    request.put("from", When.of("--from", from, around.clock()).toString());
    request.put("to", When.of("--to", to, around.clock()).toString());
    said.forEach(request.putArray("said")::add);
    request.put("unmapped_only", unmappedOnly);
    request.put("dry_run", dry);
    Sums sums = new Sums();
    Thread atCtrlC = new Thread(() -> tell(sums, false), "refeed-stopped");
    java.lang.Runtime process = java.lang.Runtime.getRuntime();
    process.addShutdownHook(atCtrlC);
    boolean complete = false;
    try {
      feed(connection, request, sums);
      complete = true;
    } finally {
      if (complete || sums.calls() > 0) {
        tell(sums, complete);
      }
      try {
        process.removeShutdownHook(atCtrlC);
      } catch (IllegalStateException e) {
        // the process is ending and the hook has told it
      }
    }
    return sums.anyRefused() ? 1 : 0;
  }

  private void feed(AdminApi connection, ObjectNode request, Sums sums) {
    JsonNode page = ask(connection, request, Progress.none(around), true);
    try (Progress progress = Progress.ofCalls(around, "refeed", page.path("total").asLong())) {
      while (page.path("after").isObject()) {
        sums.add(page);
        page.path("refused")
            .forEach(
                r ->
                    progress.say(
                        "call %s: %s"
                            .formatted(Text.of(r.path("event_id")), Text.of(r.path("error")))));
        progress.to(sums.calls(), Text.number(sums.fresh()) + " new");
        request.set("after", page.path("after"));
        page = ask(connection, request, progress, false);
      }
    }
  }

  private JsonNode ask(AdminApi connection, JsonNode request, Progress progress, boolean first) {
    for (int attempt = 0; ; attempt++) {
      try {
        return connection.post(PATH, request, AdminApi.QUICK);
      } catch (CommandFailure.NobodyThere e) {
        if (first) {
          throw e;
        }
        await(attempt, e, progress);
      } catch (CommandFailure.Passing e) {
        await(attempt, e, progress);
      }
    }
  }

  private void await(int attempt, CommandFailure failure, Progress progress) {
    if (attempt == PAUSES.size()) {
      throw failure;
    }
    Duration pause = PAUSES.get(attempt);
    progress.say(
        "%s; asking again in %s"
            .formatted(Text.oneLine(String.valueOf(failure.getMessage())), Text.span(pause)));
    try {
      around.pause().await(pause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted");
    }
  }

  /** Tells the outcome once, at the end or when the process is told to end before. */
  private void tell(Sums sums, boolean complete) {
    ObjectNode told = sums.tell();
    if (told == null) {
      return;
    }
    String reached = told.path("reached").asText("");
    if (!complete && reached.isEmpty()) {
      around.err().println("stopped before any call was fed");
      return;
    }
    if (api.json()) {
      api.printJson(told.put("complete", complete).put("dry_run", dry));
    } else {
      print(told);
    }
    if (!complete) {
      around
          .err()
          .println(
              "stopped; fed up to %s. Go on with --from %s, or feed it all again: what is known already changes nothing"
                  .formatted(reached, reached));
    }
    around.out().flush();
    around.err().flush();
  }

  private void print(ObjectNode told) {
    around
        .out()
        .println(
            "%s calls: %s events %s, %s known already, %s calls unmapped, %s not as documented, %s refused"
                .formatted(
                    Text.number(told.path("calls").asLong()),
                    Text.number(told.path("new").asLong()),
                    dry ? "would be new" : "new",
                    Text.number(told.path("duplicates").asLong()),
                    Text.number(sum(told.path("unmapped"))),
                    Text.number(sum(told.path("unparseable"))),
                    Text.number(told.path("refused").size())));
    Table types = new Table("EVENT TYPE", "NEW", "KNOWN");
    told.path("types")
        .properties()
        .forEach(
            t -> types.row(t.getKey(), t.getValue().path("new"), t.getValue().path("duplicates")));
    if (!types.isEmpty()) {
      types.print(around.out(), around.ansi());
    }
    Table left = new Table("THE SENDER'S TYPE", "CALLS", "BECAUSE");
    told.path("unmapped")
        .properties()
        .forEach(t -> left.row(said(t.getKey()), t.getValue(), "no mapper takes it"));
    told.path("unparseable")
        .properties()
        .forEach(t -> left.row(said(t.getKey()), t.getValue(), "not as its sender documents"));
    if (!left.isEmpty()) {
      left.print(around.out(), around.ansi());
    }
  }

  private static String said(String type) {
    return type.isEmpty() ? "-" : Text.oneLine(type);
  }

  private static long sum(JsonNode counts) {
    long sum = 0;
    for (JsonNode count : counts) {
      sum += count.asLong();
    }
    return sum;
  }

  /** What the pages brought so far. Guarded, because a shutdown hook tells it beside them. */
  private static final class Sums {
    private long calls;
    private long fresh;
    private long duplicates;
    private final Map<String, long[]> types = new TreeMap<>();
    private final Map<String, Long> unmapped = new TreeMap<>();
    private final Map<String, Long> unparseable = new TreeMap<>();
    private final ArrayNode refused = JsonNodeFactory.instance.arrayNode();
    private String reached = "";
    private boolean told;

    synchronized void add(JsonNode page) {
      calls += page.path("calls").asLong();
      for (Map.Entry<String, JsonNode> type : page.path("types").properties()) {
        long isNew = type.getValue().path("new").asLong();
        long known = type.getValue().path("duplicates").asLong();
        long[] sums = types.computeIfAbsent(type.getKey(), t -> new long[2]);
        sums[0] += isNew;
        sums[1] += known;
        fresh += isNew;
        duplicates += known;
      }
      add(page.path("unmapped"), unmapped);
      add(page.path("unparseable"), unparseable);
      page.path("refused").forEach(refused::add);
      reached = page.path("after").path("received_at").asText("");
    }

    private static void add(JsonNode counts, Map<String, Long> sums) {
      counts.properties().forEach(c -> sums.merge(c.getKey(), c.getValue().asLong(), Long::sum));
    }

    synchronized long calls() {
      return calls;
    }

    synchronized long fresh() {
      return fresh;
    }

    synchronized boolean anyRefused() {
      return !refused.isEmpty();
    }

    /** Null from the second time on. */
    synchronized @Nullable ObjectNode tell() {
      if (told) {
        return null;
      }
      told = true;
      ObjectNode all = JsonNodeFactory.instance.objectNode();
      all.put("calls", calls).put("new", fresh).put("duplicates", duplicates);
      ObjectNode byType = all.putObject("types");
      types.forEach((t, n) -> byType.putObject(t).put("new", n[0]).put("duplicates", n[1]));
      unmapped.forEach(all.putObject("unmapped")::put);
      unparseable.forEach(all.putObject("unparseable")::put);
      all.set("refused", refused.deepCopy());
      all.put("reached", reached);
      return all;
    }
  }
}
