package ingest.faults;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.run.Stores;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Holds what is known of every event against what was promised. */
final class Checker {
  /** How many of the events that break a rule are told with their history. */
  private static final int TOLD = 3;

  private static final String DELIVERED = "delivered";

  private final Collection<Fact> facts;
  private final Stores stores;
  private final List<Check> checks = new ArrayList<>();

  Checker(History history, Stores stores) {
    this.facts = history.facts();
    this.stores = stores;
  }

  /** The checks of events and of rows; who runs the processes adds its own. */
  List<Check> check() throws SQLException, IOException {
    accepted();
    archived();
    projected();
    delivered();
    fenced();
    ordered();
    return checks;
  }

  private void accepted() {
    events("acknowledged is committed", Fact::acknowledged, fact -> fact.outbox > 0);
    events("committed once", fact -> fact.outbox > 0, fact -> fact.outbox == 1);
  }

  private void archived() {
    events("in vf.raw_events once", fact -> fact.outbox > 0, fact -> fact.archived == 1);
    events("in vf.kick_streamer_probe once", fact -> fact.outbox > 0, fact -> fact.probed == 1);
    events(
        "archived was committed", fact -> fact.archived + fact.probed > 0, fact -> fact.outbox > 0);
  }

  private void projected() {
    events("in processed_events once", fact -> fact.outbox > 0, fact -> fact.processed == 1);
    events(
        "processed was committed",
        fact -> fact.processed + fact.effects.size() > 0,
        fact -> fact.outbox > 0);
    events(
        "effect of a lone event once",
        fact -> fact.outbox > 0 && fact.alone,
        fact -> fact.effects(EffectLog.VIEWERS) == 1);
    events(
        "no effect twice",
        fact -> !fact.effects.isEmpty(),
        fact -> fact.effects(EffectLog.VIEWERS) <= 1 && fact.effects(EffectLog.STREAM) <= 1);
    events(
        "applied at most once",
        fact -> !fact.deliveries.isEmpty(),
        fact -> fact.said("applied") <= 1);
  }

  private void delivered() {
    events(
        "delivered to stage",
        fact -> fact.outbox > 0,
        fact -> fact.stage.size() == 1 && fact.stage.get(0).status().equals(DELIVERED));
    events(
        "delivered to clickhouse",
        fact -> fact.outbox > 0,
        fact -> fact.clickHouse.size() == 1 && fact.clickHouse.get(0).status().equals(DELIVERED));
    events("none dead", fact -> fact.outbox > 0, fact -> has(fact, "dead") == 0);
    events("none pending", fact -> fact.outbox > 0, fact -> has(fact, "pending") == 0);
    events("settled after an answer", fact -> !fact.stage.isEmpty(), Fact::settledAfterAnAnswer);
    events(
        "attempts are answers",
        fact -> !fact.stage.isEmpty(),
        fact -> fact.stage.stream().allMatch(o -> o.attempts() <= fact.refusals() + 1));
  }

  private static long has(Fact fact, String status) {
    return fact.stage.stream().filter(o -> o.status().equals(status)).count()
        + fact.clickHouse.stream().filter(o -> o.status().equals(status)).count();
  }

  /** What a chunk was settled with is what its items say: nobody else settled over it. */
  private void fenced() throws SQLException, IOException {
    rows(
        "settled by one owner",
        stores.dmNumber("SELECT count(*) FROM ingest.delivery_chunk"),
        stores.dmRows(
            """
            SELECT c.target, c.day, c.chunk, c.n, c.status, c.n_exc, count(i.event_id) AS items
            FROM ingest.delivery_chunk c LEFT JOIN ingest.delivery_item i USING (day, chunk, target)
            GROUP BY c.target, c.day, c.chunk, c.n, c.status, c.n_exc
            HAVING c.n_exc <> count(i.event_id) ORDER BY c.chunk"""),
        row ->
            "chunk %s/%s for %s: settled with %s exceptions, has %s"
                .formatted(
                    row.path("day").asText(),
                    row.path("chunk").asText(),
                    row.path("target").asText(),
                    row.path("n_exc").asText(),
                    row.path("items").asText()));
  }

  private void ordered() throws SQLException, IOException {
    rows(
        "no older over newer",
        stores.envRows("SELECT count(*) FROM faults.effect").get(0).elements().next().asLong(),
        stores.envRows(
            """
            SELECT seq, at, columns, subject, rev, event_id, before_rev, before_event_id FROM faults.effect
            WHERE (rev, event_id) < (before_rev, before_event_id) ORDER BY seq"""),
        JsonNode::toString);
    newest(EffectLog.VIEWERS, "rev", "{data,viewer_count}");
    newest(EffectLog.STREAM, "(envelope::json #>> '{data,stream_rev}')::bigint", "{data,stream}");
  }

  /** The environment has of each subject what the newest of its committed events says. */
  private void newest(String columns, String rev, String field) throws SQLException, IOException {
    Map<String, String> committed =
        bySubject(
            stores.dmRows(
                """
                SELECT DISTINCT ON (subject) subject, %1$s AS rev, event_id FROM ingest.ingest_outbox
                WHERE envelope::json #> '%2$s' IS NOT NULL ORDER BY subject, %1$s DESC, event_id DESC"""
                    .formatted(rev, field)));
    Map<String, String> held =
        bySubject(
            stores.envRows(
                """
                SELECT platform || ':' || platform_user_id AS subject, %1$s_rev AS rev, %1$s_ev AS event_id
                FROM public.channel_snapshot WHERE %1$s_rev <> 0"""
                    .formatted(columns)));
    Map<String, String> broken = new TreeMap<>();
    committed.forEach(
        (subject, newest) -> {
          String has = held.getOrDefault(subject, "nothing");
          if (!has.equals(newest)) {
            broken.put(
                subject,
                "%s of %s: newest is %s, held is %s".formatted(columns, subject, newest, has));
          }
        });
    held.forEach(
        (subject, has) -> {
          if (!committed.containsKey(subject)) {
            broken.put(
                subject, "%s of %s: held is %s, committed none".formatted(columns, subject, has));
          }
        });
    checks.add(
        new Check(
            "newest " + columns + " held",
            committed.size(),
            broken.size(),
            broken.values().stream().limit(TOLD).toList()));
  }

  private static Map<String, String> bySubject(List<JsonNode> rows) {
    return rows.stream()
        .collect(
            Collectors.toMap(
                row -> row.path("subject").asText(),
                row -> row.path("rev").asText() + " " + row.path("event_id").asText()));
  }

  private void events(String name, Predicate<Fact> examined, Predicate<Fact> holds) {
    List<Fact> all = facts.stream().filter(examined).toList();
    List<Fact> broken = all.stream().filter(holds.negate()).toList();
    checks.add(
        new Check(
            name,
            all.size(),
            broken.size(),
            broken.stream()
                .sorted(Fact.BY_COMMIT)
                .limit(TOLD)
                .flatMap(fact -> fact.history().stream())
                .toList()));
  }

  private void rows(
      String name, long examined, List<JsonNode> broken, Function<JsonNode, String> words) {
    checks.add(
        new Check(name, examined, broken.size(), broken.stream().limit(TOLD).map(words).toList()));
  }
}
