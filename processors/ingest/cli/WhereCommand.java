package ingest.cli;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.settings.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Shows one event's way through every store. */
@Command(
    name = "where",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Follows one event through every store: the call that brought it, the outbox, each target, ClickHouse, and what each environment has of it.",
      "",
      "It is found by its id, or, with all others of its call, by the message's id. A subject finds the latest events of it, at most twenty, and says how far it looked. Of an environment's rows it is told which they are and who wrote their columns last, and no value.",
      "",
      "Exits with 1 when nothing was found or a store could not be asked."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bin/ingest where 01KXN5W2SVCB6V0ZKQ7GJQ5E6N",
      "  bin/ingest where kick:900000001",
      "  bin/ingest where kick:900000001 --json | jq '.events[0].targets'"
    })
final class WhereCommand implements Callable<Integer> {
  private static final String ARCHIVE = "clickhouse";

  @Mixin private final ApiOptions api;
  private final Surroundings around;

  @Parameters(
      paramLabel = "WHAT",
      description = "An event id, a message id as its sender has it, or a subject.")
  private String what = "";

  WhereCommand(Supplier<Settings> settings, Surroundings around) {
    this.api = new ApiOptions(settings, around);
    this.around = around;
  }

  @Override
  public Integer call() {
    JsonNode answer = api.connect().get("/admin/where?what=" + AdminApi.segment(what));
    if (api.json()) {
      api.printJson(answer);
    } else {
      print(answer);
    }
    answer.path("errors").forEach(e -> around.err().println(Text.of(e)));
    return answer.path("events").isEmpty() || !answer.path("errors").isEmpty() ? 1 : 0;
  }

  private void print(JsonNode answer) {
    JsonNode events = answer.path("events");
    String looked =
        answer.has("looked_through")
            ? "; looked through " + Text.of(answer.path("looked_through"))
            : "";
    if (events.isEmpty()) {
      around.out().println("nothing of %s%s".formatted(Text.oneLine(what), looked));
      return;
    }
    for (JsonNode event : events) {
      print(event, around);
      around.out().println();
    }
    if (!answer.path("taken_for").asText().equals("event id")) {
      around
          .out()
          .println(
              "%d events of the %s%s%s"
                  .formatted(
                      events.size(),
                      Text.of(answer.path("taken_for")),
                      answer.path("more").asBoolean() ? ", and there may be more" : "",
                      looked));
    }
  }

  private static void print(JsonNode event, Surroundings around) {
    around
        .out()
        .println(
            "%s  %s  %s"
                .formatted(
                    Text.of(event.path("id")),
                    Text.of(event.path("type")),
                    Text.of(event.path("subject"))));
    Table way = new Table("WHERE", "SINCE", "");
    way.row("happened", at(event.path("time"), around), "");
    if (event.has("inbox")) {
      JsonNode inbox = event.path("inbox");
      way.row(
          "inbox",
          at(inbox.path("received_at"), around),
          "%s, message %s"
              .formatted(Text.of(inbox.path("event_type")), Text.of(inbox.path("message_id"))));
    }
    outbox(event, way, around);
    Set<String> targets = new TreeSet<>();
    event.path("targets").properties().forEach(t -> targets.add(t.getKey()));
    event.path("environments").properties().forEach(e -> targets.add(e.getKey()));
    if (event.has("archive")) {
      targets.add(ARCHIVE);
    }
    for (String target : targets) {
      JsonNode delivery = event.path("targets").path(target);
      way.row(
          "-> " + target,
          at(delivery.path("attempted_at"), around),
          delivery.isObject() ? delivery(delivery, around) : "nothing is known of a delivery");
      if (target.equals(ARCHIVE) && event.has("archive")) {
        boolean there = event.path("archive").path("there").asBoolean();
        way.row(
            ARCHIVE + " raw_events",
            at(event.path("archive").path("committed_at"), around),
            there ? "there" : "not there");
      }
      environment(target, event.path("environments").path(target), way, around);
    }
    way.print(around.out(), around.ansi());
  }

  private static void environment(String name, JsonNode has, Table way, Surroundings around) {
    if (!has.isObject()) {
      return;
    }
    way.row(
        name + " processed_events",
        at(has.path("processed_at"), around),
        has.path("processed").asBoolean() ? "there" : "not there");
    for (JsonNode row : has.path("rows")) {
      way.row(
          "%s %s".formatted(name, Text.of(row.path("table"))),
          at(row.path("updated_at"), around),
          row(row));
    }
    if (has.has("unsaid")) {
      way.row(name + " rows", "-", has.path("unsaid"));
    }
  }

  private static void outbox(JsonNode event, Table way, Surroundings around) {
    JsonNode outbox = event.path("outbox");
    if (!outbox.isObject()) {
      way.row("outbox", "-", "it was never accepted, or longer ago than keys are kept");
    } else if (outbox.path("there").asBoolean()) {
      way.row(
          "outbox",
          at(outbox.path("committed_at"), around),
          "chunk %s of %s, position %s"
              .formatted(
                  outbox.path("chunk").asText(),
                  Text.of(outbox.path("day")),
                  outbox.path("position").asText()));
    } else {
      way.row(
          "outbox",
          at(event.path("accepted").path("at"), around),
          outbox.path("dropped").asBoolean() ? "its day was dropped" : "accepted, and not there");
    }
  }

  private static String delivery(JsonNode delivery, Surroundings around) {
    List<String> said = new ArrayList<>();
    said.add(Text.of(delivery.path("status")));
    said.add("%s attempts".formatted(delivery.path("attempts").asText()));
    if (!delivery.path("mode").asText("live").equals("live")) {
      said.add("target is " + Text.of(delivery.path("mode")));
    }
    if (delivery.path("due_at").isTextual()) {
      said.add("due " + at(delivery.path("due_at"), around));
    }
    if (delivery.path("last_error").isTextual()) {
      said.add(Text.of(delivery.path("last_error")));
    }
    if (delivery.path("reason").isTextual()) {
      said.add(
          "%s (%s)".formatted(Text.of(delivery.path("reason")), Text.of(delivery.path("actor"))));
    }
    return String.join(", ", said);
  }

  private static String row(JsonNode row) {
    String key =
        row.path("key").properties().stream()
            .map(k -> k.getKey() + " " + Text.of(k.getValue()))
            .collect(Collectors.joining(", "));
    if (!row.path("there").asBoolean()) {
      return key + ": no such row";
    }
    return "%s: %s"
        .formatted(
            key,
            row.path("written_by_this").isEmpty()
                ? "all of it written by others since"
                : "by this event: " + names(row.path("written_by_this")));
  }

  private static String names(JsonNode names) {
    List<String> all = new ArrayList<>();
    names.forEach(n -> all.add(Text.of(n)));
    return String.join(", ", all);
  }

  private static String at(JsonNode time, Surroundings around) {
    return Text.time(time, around.clock());
  }
}
