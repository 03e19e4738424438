package ingest.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import ingest.settings.Settings;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Shows the balance of a running ingest: what came in and where it is. */
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Shows what was accepted, what each target has of it, how the upstreams stand, and what was",
      "overridden by hand.",
      "Exits with 1 when a store could not be asked: its numbers are missing then."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bin/ingest status",
      "  bin/ingest status --json | jq .deliveries.stage.pending",
      "  bin/ingest status --url http://127.0.0.1:19876    through a port-forward"
    })
final class StatusCommand implements Callable<Integer> {
  @Mixin private final ApiOptions api;
  private final Surroundings around;

  StatusCommand(Supplier<Settings> settings, Surroundings around) {
    this.api = new ApiOptions(settings, around);
    this.around = around;
  }

  @Override
  public Integer call() {
    JsonNode status = api.connect().get("/admin/status");
    if (api.json()) {
      api.printJson(status);
    } else {
      print(status, around.out());
    }
    JsonNode errors = status.path("errors");
    errors.forEach(
        error ->
            around
                .err()
                .println(Text.oneLine(error.isTextual() ? error.textValue() : error.toString())));
    return errors.isEmpty() ? 0 : 1;
  }

  private void print(JsonNode status, PrintWriter out) {
    Table accepted = new Table("STORE", "HOLDS", "");
    accepted.row("outbox", status.path("outbox").path("events"), "events");
    accepted.row("clickhouse", status.path("clickhouse").path("raw_events"), "raw events");
    for (Map.Entry<String, JsonNode> env : status.path("env").properties()) {
      accepted.row(env.getKey(), env.getValue().path("processed_events"), "processed events");
    }
    accepted.print(out, around.ansi());

    Table deliveries =
        new Table("TARGET", "PENDING", "DELIVERED", "DEAD", "ABANDONED", "OLDEST PENDING");
    for (Map.Entry<String, JsonNode> target : status.path("deliveries").properties()) {
      deliveries(deliveries, target.getKey(), target.getValue());
    }
    section("Deliveries", deliveries, out);

    Table upstreams =
        new Table("UPSTREAM", "CALLS TODAY", "CREDITS TODAY", "IT SAYS LEFT", "NOT CALLED BEFORE");
    for (Map.Entry<String, JsonNode> upstream : status.path("upstreams").properties()) {
      upstreams(upstreams, upstream.getKey(), upstream.getValue());
    }
    section("Upstreams", upstreams, out);

    Table held = new Table("DAY", "STAYS BECAUSE", "");
    for (JsonNode day : status.path("held_days")) {
      held.row(day.path("day"), day.path("reason"), day.path("detail"));
    }
    section("Outbox days past retention", held, out);

    Table balance =
        new Table("HOURS LOOKED AT", "LATEST LOOK", "EVENTS MISMATCHED", "BEYOND REPAIR");
    JsonNode known = status.path("balance");
    if (known.isObject()) {
      balance.row(
          known.path("hours").path("looked_at"),
          Text.time(known.path("hours").path("latest_look"), around.clock()),
          Table.alarm(known.path("mismatched")),
          known.path("beyond_repair"));
    }
    section("Balance", balance, out);

    Table disk = new Table("STORE", "ON DISK", "BUDGET", "FULL IN");
    for (Map.Entry<String, JsonNode> store : status.path("disk").properties()) {
      disk(disk, store.getKey(), store.getValue());
    }
    section("Disk", disk, out);

    Table overrides = new Table("NAME", "VALUE", "BY", "SINCE", "UNTIL", "WHY");
    for (JsonNode override : status.path("overrides")) {
      overrides.row(
          override.path("name"),
          override.path("value"),
          override.path("who"),
          Text.time(override.path("at"), around.clock()),
          Text.time(override.path("until"), around.clock()),
          override.path("why"));
    }
    section("Overrides", overrides, out);
  }

  private static void deliveries(Table table, String target, JsonNode counts) {
    JsonNode oldest = counts.path("oldest_pending_seconds");
    table.row(
        target,
        counts.path("pending"),
        counts.path("delivered"),
        Table.alarm(counts.path("dead")),
        Table.alarm(counts.path("abandoned")),
        oldest.isNumber() ? Text.span(Duration.ofSeconds(oldest.asLong())) : "-");
  }

  private void upstreams(Table table, String upstream, JsonNode standing) {
    Instant now = around.clock().instant();
    String until =
        Stream.of("paused_until", "open_until")
            .map(name -> standing.path(name).asText(""))
            .filter(time -> !time.isEmpty() && Instant.parse(time).isAfter(now))
            .max(Comparator.naturalOrder())
            .orElse("");
    table.row(
        upstream,
        standing.path("calls_today"),
        standing.path("credits_per_day").asInt() == 0
            ? "-"
            : "%d of %d"
                .formatted(
                    standing.path("credits_today").asLong(),
                    standing.path("credits_per_day").asInt()),
        standing.path("limit").isNull()
            ? Text.of(standing.path("remaining"))
            : "%d of %d"
                .formatted(standing.path("remaining").asLong(), standing.path("limit").asInt()),
        until.isEmpty() ? "-" : Text.time(TextNode.valueOf(until), around.clock()));
  }

  private static void disk(Table table, String store, JsonNode size) {
    JsonNode days = size.path("days_left");
    table.row(
        store,
        bytes(size.path("used_bytes")),
        bytes(size.path("budget_bytes")),
        days.isNumber() ? days.asLong() + " days" : "-");
  }

  private static String bytes(JsonNode bytes) {
    return bytes.isNumber()
        ? String.format(Locale.ROOT, "%.1f GiB", bytes.asDouble() / (1L << 30))
        : "-";
  }

  private void section(String title, Table table, PrintWriter out) {
    if (!table.isEmpty()) {
      out.println();
      out.println(title);
      table.print(out, around.ansi());
    }
  }
}
