package ingest.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/**
 * Begins a re-queue or an abandonment, or tells what it would take. What a preview has told is what
 * an action takes that is given its {@code --seen}.
 */
final class LetterAction {
  private static final String PATH = "/admin/letters/";

  private final ApiOptions api;
  private final Surroundings around;

  LetterAction(ApiOptions api, Surroundings around) {
    this.api = api;
    this.around = around;
  }

  /** Tells what there is. */
  int preview(String verb, ObjectNode request) {
    JsonNode preview = api.connect().get(PATH + "preview" + LetterOptions.query(request));
    if (api.json()) {
      api.printJson(preview);
      return 0;
    }
    print(verb + " would take ", preview);
    if (preview.path("events").asLong() > 0) {
      around
          .out()
          .println(
              "exactly these, and nothing that comes later, with --seen %s"
                  .formatted(Text.of(preview.path("seen"))));
    }
    return 0;
  }

  /** Begins it, and looks until it ends unless that is not wanted. */
  int begin(String verb, ObjectNode request, boolean detach) {
    AdminApi connection = api.connect();
    JsonNode begun = connection.post(PATH + verb, request, AdminApi.QUICK);
    boolean any = begun.path("operation").isNumber();
    if (api.json() && (detach || !any)) {
      api.printJson(begun);
      return 0;
    }
    if (!api.json()) {
      print(verb + (any ? " takes " : ": "), begun);
    }
    if (!any) {
      return 0;
    }
    long operation = begun.path("operation").asLong();
    if (detach) {
      around
          .out()
          .println(
              "operation %1$d: `bin/ingest operations watch %1$d` looks at it"
                  .formatted(operation));
      return 0;
    }
    return new OperationWatch(api, around).watch(connection, operation);
  }

  private void print(String what, JsonNode preview) {
    boolean complete = preview.path("complete").asBoolean(true);
    long events = preview.path("events").asLong();
    around
        .out()
        .println(
            "%s%s%s events%s"
                .formatted(
                    what,
                    complete ? "" : "at least ",
                    Text.number(events),
                    complete ? "" : " (counting all that wait would take too long)"));
    Table table = new Table("TARGET", "MODE", "DEAD", "PENDING");
    for (Map.Entry<String, JsonNode> target : preview.path("targets").properties()) {
      table.row(
          target.getKey(),
          target.getValue().path("mode"),
          target.getValue().path("dead"),
          target.getValue().path("pending"));
    }
    if (!table.isEmpty()) {
      table.print(around.out(), around.ansi());
    }
  }
}
