package ingest.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a run of {@code bin/faults replay} or {@code bin/faults rebuild} proved.
 *
 * @param before how the environment with the bugs differed when it was mended
 * @param after how it differed when that was put right
 * @param runs the operations that did, as the product tells them
 */
public record ReplayReport(
    ReplayOrdeal.Way way,
    long seed,
    int planned,
    int kills,
    long acknowledged,
    List<Twins.Difference> before,
    List<Twins.Difference> after,
    List<JsonNode> runs,
    List<Check> checks)
    implements Verdict {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int TOLD = 3;

  /** The rules about the tables. */
  static List<Check> checks(
      ReplayOrdeal.Way way, List<Twins.Difference> before, List<Twins.Difference> after) {
    List<Check> checks = new ArrayList<>();
    for (Twins.Difference table : after) {
      checks.add(
          new Check(
              "right: " + table.table(),
              table.rows(),
              table.different().size(),
              table.different().stream().limit(TOLD).toList()));
      List<String> more = new ArrayList<>(table.invented());
      if (way == ReplayOrdeal.Way.replay) { // rows that no event is of stay
        more.removeAll(invented(before, table.table()));
      }
      checks.add(Check.of("none more: " + table.table(), more.stream().limit(TOLD).toList()));
    }
    for (String wrong : List.of("public.channel_snapshot", "public.faults_follow")) {
      checks.add(
          Check.of(
              "was wrong: " + wrong,
              of(before, wrong).different().isEmpty() ? List.of("none") : List.of()));
    }
    return checks;
  }

  private static List<String> invented(List<Twins.Difference> before, String table) {
    return of(before, table).invented();
  }

  private static Twins.Difference of(List<Twins.Difference> all, String table) {
    return all.stream().filter(d -> d.table().equals(table)).findFirst().orElseThrow();
  }

  @Override
  public boolean holds() {
    return Check.hold(checks);
  }

  @Override
  public boolean passed() {
    return holds() && kills == planned;
  }

  @Override
  public void print(PrintWriter out) {
    out.println();
    Check.print(checks, out);
    out.printf(
        Locale.ROOT,
        "%-32s %9s %12s %12s %12s %12s%n",
        "TABLE",
        "ROWS",
        "WRONG BEFORE",
        "WRONG AFTER",
        "INVENTED",
        "LEFT OF THEM");
    for (Twins.Difference table : after) {
      out.printf(
          Locale.ROOT,
          "%-32s %,9d %,12d %,12d %,12d %,12d%n",
          table.table(),
          table.rows(),
          of(before, table.table()).different().size(),
          table.different().size(),
          of(before, table.table()).invented().size(),
          table.invented().size());
    }
    out.println();
    for (JsonNode run : runs) {
      out.printf(
          Locale.ROOT,
          "%s %,d of %,d events, %s: %s%n",
          run.path("kind").asText(),
          run.path("done").asLong(),
          run.path("total").asLong(),
          run.path("state").asText(),
          run.path("counts"));
    }
    out.printf(
        Locale.ROOT,
        "also    %,d events acknowledged, ingest killed %d times of %d meanwhile%n",
        acknowledged,
        kills,
        planned);
    if (way == ReplayOrdeal.Way.replay) {
      out.println(
          "        rows that the bug invented are not of any event: bin/ingest rebuild removes them");
    }
    out.printf("seed    %d%n", seed);
    out.println(holds() ? "result  every rule held" : "result  BROKEN, see above");
    out.flush();
  }

  @Override
  public ObjectNode json() {
    ObjectNode json = JSON.createObjectNode();
    json.put("seed", seed).put("planned", planned).put("kills", kills);
    json.put("acknowledged", acknowledged);
    runs.forEach(json.putArray("operations")::add);
    ObjectNode tables = json.putObject("tables");
    for (Twins.Difference table : after) {
      tables
          .putObject(table.table())
          .put("rows", table.rows())
          .put("wrong_before", of(before, table.table()).different().size())
          .put("wrong_after", table.different().size())
          .put("invented", of(before, table.table()).invented().size())
          .put("left_of_them", table.invented().size());
    }
    Check.json(checks, json.putArray("checks"));
    return json.put("holds", holds());
  }
}
