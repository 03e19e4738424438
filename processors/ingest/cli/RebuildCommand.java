package ingest.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.settings.Settings;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Makes a table of an environment anew from history, and shows how it differs from the live one.
 */
@Command(
    name = "rebuild",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = {
      "Makes a table of an environment anew beside the live one, out of all history in ClickHouse, and shows the difference by row and column. The live table is not touched until --swap.",
      "",
      "It finds and removes what a replay cannot: rows that a faulty projector invented. Mend the projector and deploy it everywhere first. While a rebuild is open the environment writes what is delivered into both tables, so it may be looked at and swapped at any time, and is to be swapped or dropped some time. An ID is the number of the operation, or the rebuild's UUID with --target. "
          + "A FROM is an RFC 3339 time, or how long ago: 90m, 24h, 7d.",
      "",
      "Exits with 0 when it is done, 1 when it failed or was called off."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bin/ingest rebuild channel_snapshot --target stage",
      "  bin/ingest rebuild --show 12 --rows 100",
      "  bin/ingest rebuild --swap 12 --lose 4 --why 'rows that nobody asked for'",
      "  bin/ingest rebuild --drop 12",
      "  bin/ingest rebuild --list --target stage"
    })
final class RebuildCommand implements Callable<Integer> {
  private static final String PATH = "/admin/rebuilds";

  @Mixin private final ApiOptions api;
  private final Surroundings around;

  @Parameters(
      arity = "0..1",
      paramLabel = "TABLE",
      description = "A table that projectors write, such as channel_snapshot.")
  private @Nullable String table;

  @Option(names = "--target", paramLabel = "NAME", description = "As `targets` has it.")
  private @Nullable String target;

  @Option(
      names = "--from",
      description =
          "Only what happened then or later, for a look: such a rebuild cannot be swapped.")
  private @Nullable String from;

  @Option(names = "--rate", paramLabel = "N", description = "Events per second at most.")
  private @Nullable Integer rate;

  @Option(
      names = "--rows",
      paramLabel = "N",
      description = "Rows that are shown with their values, up to 200; else ${DEFAULT-VALUE}.")
  private int rows = 10;

  @Option(names = "--detach", description = "Return as soon as it is begun.")
  private boolean detach;

  @Option(names = "--show", paramLabel = "ID", description = "Show the difference of one again.")
  private @Nullable String show;

  @Option(
      names = "--swap",
      paramLabel = "ID",
      description = "Bring the live tables to what it holds, in one transaction.")
  private @Nullable String swap;

  @Option(
      names = "--lose",
      paramLabel = "N",
      description = "With --swap: rows that may go that are in the live tables alone; else none.")
  private long lose;

  @Option(
      names = "--yes-production",
      description = "With --swap: needed for a target of REPLAY_GUARDED, such as production.")
  private boolean yesProduction;

  @Option(names = "--drop", paramLabel = "ID", description = "Throw it away.")
  private @Nullable String drop;

  @Option(names = "--list", description = "List the latest rebuilds of a target.")
  private boolean list;

  @Option(names = "--why", paramLabel = "TEXT", description = "For the audit.")
  private @Nullable String why;

  RebuildCommand(Supplier<Settings> settings, Surroundings around) {
    this.api = new ApiOptions(settings, around);
    this.around = around;
  }

  @Override
  public Integer call() {
    AdminApi connection = api.connect();
    if (swap != null) {
      JsonNode begun =
          connection.post(
              PATH + "/" + AdminApi.segment(swap) + "/swap",
              asking().put("lose", lose).put("yes_production", yesProduction),
              AdminApi.QUICK);
      return watched(connection, begun);
    }
    if (drop != null) {
      tell(
          connection.post(PATH + "/" + AdminApi.segment(drop) + "/drop", asking(), AdminApi.QUICK));
      return 0;
    }
    if (show != null) {
      difference(connection, show);
      return 0;
    }
    if (target == null || (table == null && !list)) {
      throw new CommandFailure.Misuse(
          "TABLE and --target say what is rebuilt, and where; or one of --show, --swap, --drop, --list");
    }
    if (list) {
      list(connection.get(PATH + "?target=" + AdminApi.segment(target)));
      return 0;
    }
    return begin(connection);
  }

  private ObjectNode asking() {
    ObjectNode asking = api.audited(why);
    return target == null ? asking : asking.put("target", target);
  }

  private int begin(AdminApi connection) {
    ObjectNode asking = asking().put("table", table);
    if (from != null) {
      asking.put("from", When.of("--from", from, around.clock()).toString());
    }
    if (rate != null) {
      asking.put("rate", rate);
    }
    JsonNode begun = connection.post(PATH, asking, AdminApi.QUICK);
    int code = watched(connection, begun);
    if (code == 0 && !detach) {
      difference(connection, begun.path("operation").asText());
    }
    return code;
  }

  private int watched(AdminApi connection, JsonNode begun) {
    long id = begun.path("operation").asLong();
    if (!detach) {
      return new OperationWatch(api, around).watch(connection, id);
    }
    if (api.json()) {
      api.printJson(begun);
    } else {
      around
          .out()
          .println(
              "operation %1$d: `bin/ingest operations watch %1$d` looks at it, `bin/ingest operations cancel %1$d` calls it off"
                  .formatted(id));
    }
    return 0;
  }

  private void list(JsonNode rebuilds) {
    if (api.json()) {
      api.printJson(rebuilds);
      return;
    }
    Table all = new Table("REBUILD", "STATE", "TABLES", "BEGUN", "ENDED", "REFUSED");
    for (JsonNode each : rebuilds) {
      all.row(
          each.path("rebuild"),
          each.path("state"),
          names(each.path("tables")),
          Text.time(each.path("begun_at"), around.clock()),
          Text.time(each.path("ended_at"), around.clock()),
          Table.alarm(each.path("refused")));
    }
    all.print(around.out(), around.ansi());
  }

  private void tell(JsonNode rebuild) {
    if (api.json()) {
      api.printJson(rebuild);
    } else {
      around
          .out()
          .println(
              "rebuild %s of %s: %s"
                  .formatted(
                      Text.of(rebuild.path("rebuild")),
                      names(rebuild.path("tables")),
                      Text.of(rebuild.path("state"))));
    }
  }

  private static String names(JsonNode tables) {
    StringBuilder names = new StringBuilder();
    for (JsonNode name : tables) {
      names.append(names.isEmpty() ? "" : ", ").append(name.asText());
    }
    return names.toString();
  }

  // -- the difference

  /** Page by page, so that no request takes long; each page is of one moment. */
  private void difference(AdminApi connection, String id) {
    ObjectNode told = JsonNodeFactory.instance.objectNode();
    ObjectNode tables = told.putObject("tables");
    long onlyLive = 0;
    JsonNode page = page(connection, id, null, null, rows);
    told.set("refused", page.path("refused"));
    for (JsonNode name : page.path("tables")) {
      ObjectNode sum = tables.putObject(name.asText());
      int shown = 0;
      JsonNode after = null;
      do {
        page = page(connection, id, name.asText(), after, rows - shown);
        add(sum, page);
        shown = sum.path("rows").size();
        after = page.path("next").isArray() ? page.path("next") : null;
      } while (after != null);
      onlyLive += sum.path("only_live").asLong();
    }
    if (api.json()) {
      api.printJson(told);
    } else {
      if (told.path("refused").asLong() > 0) {
        around
            .err()
            .println(
                "%s events are in the live table that its rebuild has refused: it cannot be swapped"
                    .formatted(Text.number(told.path("refused").asLong())));
      }
      print(tables, id, onlyLive);
    }
  }

  private JsonNode page(
      AdminApi connection, String id, @Nullable String name, @Nullable JsonNode after, int wanted) {
    StringBuilder path = new StringBuilder(PATH + "/" + AdminApi.segment(id) + "/difference");
    path.append("?rows=").append(wanted);
    if (target != null) {
      path.append("&target=").append(AdminApi.segment(target));
    }
    if (name != null) {
      path.append("&table=").append(AdminApi.segment(name));
    }
    if (after != null) {
      path.append("&after=").append(AdminApi.segment(after.toString()));
    }
    return connection.get(path.toString());
  }

  private static void add(ObjectNode sum, JsonNode page) {
    for (String word : new String[] {"only_live", "only_shadow", "different"}) {
      sum.put(word, sum.path(word).asLong() + page.path(word).asLong());
    }
    ObjectNode columns = sum.withObject("/columns");
    page.path("columns")
        .properties()
        .forEach(
            c ->
                columns.put(c.getKey(), columns.path(c.getKey()).asLong() + c.getValue().asLong()));
    page.path("rows").forEach(sum.withArray("rows")::add);
  }

  private void print(ObjectNode tables, String id, long onlyLive) {
    Table sums = new Table("TABLE", "ONLY LIVE", "ONLY REBUILT", "DIFFERENT");
    Table columns = new Table("TABLE", "COLUMN", "DIFFERENT ROWS");
    Table values = new Table("TABLE", "ROW", "COLUMN", "LIVE", "REBUILT");
    tables
        .properties()
        .forEach(
            t -> {
              JsonNode sum = t.getValue();
              sums.row(
                  t.getKey(),
                  sum.path("only_live"),
                  sum.path("only_shadow"),
                  sum.path("different"));
              sum.path("columns")
                  .properties()
                  .forEach(c -> columns.row(t.getKey(), c.getKey(), c.getValue()));
              sum.path("rows").forEach(row -> values(values, t.getKey(), row));
            });
    sums.print(around.out(), around.ansi());
    for (Table more : new Table[] {columns, values}) {
      if (!more.isEmpty()) {
        around.out().println();
        more.print(around.out(), around.ansi());
      }
    }
    around
        .err()
        .println(
            "`bin/ingest rebuild --swap %s%s` brings the live tables to it%s; `bin/ingest rebuild --drop %s` throws it away"
                .formatted(
                    id,
                    onlyLive == 0 ? "" : " --lose " + onlyLive,
                    onlyLive == 0
                        ? ""
                        : ", and loses the %s rows that are only there"
                            .formatted(Text.number(onlyLive)),
                    id));
  }

  /** A row that is on one side alone is one line; else one for each column that differs. */
  private static void values(Table values, String name, JsonNode row) {
    String key = row.path("key").toString();
    if (!row.has("shadow")) {
      values.row(name, key, "-", "there", "-");
    } else if (!row.has("live")) {
      values.row(name, key, "-", "-", "there");
    } else {
      row.path("live")
          .properties()
          .forEach(
              c ->
                  values.row(
                      name,
                      key,
                      c.getKey(),
                      c.getValue().toString(),
                      row.path("shadow").path(c.getKey()).toString()));
    }
  }
}
