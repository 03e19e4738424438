package ingest.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.channel.ChannelMetrics;
import ingest.channel.ChannelState;
import ingest.envelope.EventTypes;
import ingest.maintenance.Horizons;
import ingest.outbox.State;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What one event costs at each stage in rows, WAL, disk and CPU, and what that comes to for a load
 * and its retention. No race: these are the figures of this machine, for planning another.
 */
final class Capacity {
  static final String NAME = "capacity";

  static final String ABOUT =
      "what an event of 1 KiB costs, and what a load comes to for two environments and the archive";

  private static final int TARGETS = OutboxCommits.TARGETS;
  private static final int PROBES_AN_HOUR = 150_000;
  private static final int THOUSAND_A_MINUTE = 60_000;
  private static final int HOURS = 24;
  private static final double SECONDS_OF_AN_HOUR = 3600;
  private static final double GIB = 1L << 30;

  private static final String ROWS_OF_DM =
      "SELECT (SELECT count(*) FROM ingest.ingest_outbox) + (SELECT count(*) FROM ingest.event_key)"
          + " + (SELECT count(*) FROM ingest.delivery_chunk) + (SELECT count(*) FROM ingest.delivery_item)";

  private static final String ROWS_OF_ENV = "SELECT count(*) FROM public.processed_events";

  /** Of an environment the ids alone: a projection has a row per channel, however many events. */
  private static final String BYTES =
      "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class WHERE relkind = 'r' AND relname ~ ";

  private static final String DAYS = "'^(ingest_outbox|delivery_chunk|delivery_item)_'";
  private static final String KEYS = "'^event_key_'";
  private static final String PROCESSED = "'^processed_events_'";

  /** Asks the database of a stage for one number. */
  private interface Database {
    long number(String query) throws SQLException;
  }

  /** What lies in a database: what goes with its day, and what is kept for longer. */
  private record Lying(long rows, long daily, long kept) {}

  private record Stage(String name, Contestant contestant, Database database, boolean dm) {
    Lying lying() throws SQLException {
      return dm
          ? new Lying(
              database.number(ROWS_OF_DM),
              database.number(BYTES + DAYS),
              database.number(BYTES + KEYS))
          : new Lying(database.number(ROWS_OF_ENV), 0, database.number(BYTES + PROCESSED));
    }
  }

  /** Of one event; CPU in microseconds. */
  private record Cost(
      String name,
      double rows,
      double wal,
      double daily,
      double kept,
      double ownCpu,
      double postgresCpu) {
    Cost and(Cost more, int times) {
      return new Cost(
          name,
          rows + times * more.rows,
          wal + times * more.wal,
          daily + times * more.daily,
          kept + times * more.kept,
          ownCpu + times * more.ownCpu,
          postgresCpu + times * more.postgresCpu);
    }

    ObjectNode json() {
      return JsonNodeFactory.instance
          .objectNode()
          .put("name", name)
          .put("rows", rows)
          .put("wal_bytes", wal)
          .put("disk_bytes", daily + kept)
          .put("own_cpu_micros", ownCpu)
          .put("postgres_cpu_micros", postgresCpu);
    }
  }

  private final Server server;
  private final Plan plan;
  private final Horizons horizons;
  private final PrintWriter out;

  Capacity(Server server, Plan plan, Horizons horizons, PrintWriter out) {
    this.server = server;
    this.plan = plan;
    this.horizons = horizons;
    this.out = out;
  }

  /** Measures, prints, and gives the same for programs. */
  ObjectNode run(Lab lab, Events source, Progress progress) throws Exception {
    List<Cost> costs = new ArrayList<>();
    for (Stage stage : stages(lab, source)) {
      costs.add(cost(stage, progress));
    }
    Cost delivered = costs.get(2);
    Cost probe = costs.get(0).and(delivered, TARGETS);
    Cost call = costs.get(1).and(delivered, TARGETS);
    Cost consumed = costs.get(3);

    out.println();
    out.println(NAME + ": " + ABOUT);
    out.println();
    row("of one event", "ROWS", "WAL B", "DISK B", "OUR CPU µs", "POSTGRESQL'S");
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("about", ABOUT);
    ArrayNode events = json.putArray("events");
    for (Cost cost : costs) {
      events.add(cost.json());
      row(
          cost.name,
          number(cost.rows),
          number(cost.wal),
          number(cost.daily + cost.kept),
          number(cost.ownCpu),
          number(cost.postgresCpu));
    }
    out.println();
    row("of a load", "ROWS/DAY", "WAL/DAY", "DISK/DAY", "KEPT", "OUR CORES", "POSTGRESQL'S");
    ArrayNode loads = json.putArray("loads");
    loads.add(load("dm: 1,000 probes a minute", probe, THOUSAND_A_MINUTE));
    loads.add(load("dm: 1,000 calls a minute", call, THOUSAND_A_MINUTE));
    loads.add(load("an environment: 1,000 events a minute", consumed, THOUSAND_A_MINUTE));
    loads.add(load("dm: 150,000 probes an hour", probe, PROBES_AN_HOUR));
    loads.add(load("an environment: 150,000 probes an hour", consumed, PROBES_AN_HOUR));
    out.flush();
    return json;
  }

  private List<Stage> stages(Lab lab, Events source) throws Exception {
    int all = plan.events(20_000);
    EventTypes types = EventTypes.load(Path.of("routes"));
    Dm pages = lab.open(() -> Dm.open(server));
    Dm calls = lab.open(() -> Dm.open(server));
    Dm claimed = lab.open(() -> Dm.open(server));
    Backlog backlog = new Backlog(claimed, all);
    backlog.fill(source);
    Vertx vertx = lab.open(SharedVertx::new).vertx();
    CheapReceiver sink = lab.open(CheapReceiver::new);
    Environment environment = lab.open(() -> Environment.open(server));
    return List.of(
        new Stage(
            "a probe, committed in pages of " + Pages.PAGE,
            new PageCommits(
                new Known(pages, plan.channels()),
                source.events(0, all),
                types,
                new ChannelState(
                    pages.database(), types, new ChannelMetrics(new SimpleMeterRegistry())),
                "pages"),
            pages::number,
            true),
        new Stage(
            "a call, committed alone",
            new OutboxCommits(calls, source.events(0, Plan.part(all, 5)), 1, types, State.NONE),
            calls::number,
            true),
        new Stage(
            "delivered to a target, by " + Backlog.CHUNK,
            new ClaimedDeliveries(backlog, vertx, sink, Backlog.CHUNK, all),
            claimed::number,
            true),
        new Stage(
            "consumed by an environment, by " + Bodies.BATCH,
            new DirectConsume(environment, Bodies.of(source, all)),
            environment::number,
            false));
  }

  /** Medians over the rounds, of which the first is for the compiler. */
  private Cost cost(Stage stage, Progress progress) throws Exception {
    List<Sample> samples = new ArrayList<>();
    List<Lying> grown = new ArrayList<>();
    for (int round = 0; round <= plan.rounds(); round++) {
      progress.at(NAME, stage.name, round, plan.rounds());
      server.checkpoint();
      stage.contestant.prepare();
      Lying before = stage.lying();
      Meter meter = new Meter(server);
      long events = stage.contestant.run(meter);
      stage.contestant.check();
      Lying after = stage.lying();
      if (round > 0) {
        samples.add(meter.sample(events));
        grown.add(
            new Lying(
                after.rows - before.rows, after.daily - before.daily, after.kept - before.kept));
      }
    }
    double events = samples.get(0).events();
    return new Cost(
        stage.name,
        Spread.of(grown, g -> g.rows / events).median(),
        Spread.of(samples, Sample.Figure.WAL_BYTES_PER_EVENT::of).median(),
        Spread.of(grown, g -> g.daily / events).median(),
        Spread.of(grown, g -> g.kept / events).median(),
        Spread.of(samples, Sample.Figure.OWN_CPU_MICROS_PER_EVENT::of).median(),
        Spread.of(samples, Sample.Figure.POSTGRES_CPU_MICROS_PER_EVENT::of).median());
  }

  private ObjectNode load(String name, Cost cost, int anHour) {
    double aDay = (double) anHour * HOURS;
    double kept =
        aDay
            * (cost.daily * (horizons.outbox().toDays() + 1)
                + cost.kept * (horizons.intake().toDays() + 1));
    double own = cost.ownCpu / 1e6 * anHour / SECONDS_OF_AN_HOUR;
    double postgres = cost.postgresCpu / 1e6 * anHour / SECONDS_OF_AN_HOUR;
    double disk = aDay * (cost.daily + cost.kept);
    row(
        name,
        "%,.0f".formatted(aDay * cost.rows),
        gib(aDay * cost.wal),
        gib(disk),
        gib(kept),
        "%.3f".formatted(own),
        "%.3f".formatted(postgres));
    return JsonNodeFactory.instance
        .objectNode()
        .put("name", name)
        .put("events_an_hour", anHour)
        .put("rows_a_day", Math.round(aDay * cost.rows))
        .put("wal_bytes_a_day", Math.round(aDay * cost.wal))
        .put("disk_bytes_a_day", Math.round(disk))
        .put("disk_bytes_kept", Math.round(kept))
        .put("own_cores", own)
        .put("postgres_cores", postgres);
  }

  private static String number(double value) {
    return value < 100 ? "%.2f".formatted(value) : "%,.0f".formatted(value);
  }

  private static String gib(double bytes) {
    return String.format(Locale.ROOT, "%.2f GiB", bytes / GIB);
  }

  private void row(String name, String... cells) {
    StringBuilder row = new StringBuilder("%-40s".formatted(name));
    for (String cell : cells) {
      row.append("%14s".formatted(cell));
    }
    out.println(row);
  }
}
