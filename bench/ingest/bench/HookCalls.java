package ingest.bench;

import ingest.load.CallLoad;
import ingest.load.Request;
import ingest.load.Tally;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;

/** Calls of 64 clients to a path of the product's public port, each answered before the next. */
final class HookCalls implements Contestant {
  static final int CONNECTIONS = 64;

  private static final Duration HALF_LOAD = Duration.ofSeconds(8);
  private static final int UNLOADED = 1_000;

  private final HookServer server;
  private final String name;
  private final Hooks hooks;
  private final int calls;
  private final boolean committed;
  private final List<Tally> tallies = new ArrayList<>();
  private Iterator<Request> prepared = List.<Request>of().iterator();
  private long before;

  private HookCalls(HookServer server, String name, String path, int calls, boolean committed) {
    this.server = server;
    this.name = name;
    this.hooks = new Hooks(path);
    this.calls = calls;
    this.committed = committed;
  }

  /** Verified, mapped and committed. */
  static HookCalls committed(HookServer server, int calls) {
    return new HookCalls(server, "verified and committed", HookServer.HOOKS, calls, true);
  }

  /** Answered by a route that does nothing. */
  static HookCalls answered(HookServer server, int calls) {
    return new HookCalls(server, "answered without any work", HookServer.NOTHING, calls, false);
  }

  /** Untimed: a server runs for days, and its compiler is done long before. */
  void warm(int rounds) throws Exception {
    for (int i = 0; i < rounds; i++) {
      prepare();
      new CallLoad<Request>(server.port, CONNECTIONS).run(prepared, calls);
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void prepare() throws Exception {
    server.dm.clear();
    prepared = hooks.next(calls);
    before = committed();
  }

  private long committed() throws Exception {
    return server.dm.number("SELECT count(*) FROM ingest.ingest_outbox WHERE raw IS NOT NULL");
  }

  @Override
  public long run(Meter meter) throws Exception {
    long cpu = server.cpu();
    meter.measure(
        () -> tallies.add(new CallLoad<Request>(server.port, CONNECTIONS).run(prepared, calls)));
    meter.also(server.cpu() - cpu);
    return calls;
  }

  @Override
  public void check() throws Exception {
    Unbalanced.unlessEqual("accepted", calls, tallies.get(tallies.size() - 1).accepted());
    Unbalanced.unlessEqual("rows with their body", committed ? calls : 0, committed() - before);
  }

  /** Latency at full load, at half of it, and of one client alone. */
  @Override
  public List<String> notes() throws Exception {
    List<Tally> counted = tallies.subList(1, tallies.size()); // the first is warm-up
    double full = Spread.of(counted, Tally::perSecond).median();
    Tally alone = new CallLoad<Request>(server.port, 1).run(hooks.next(UNLOADED), UNLOADED);
    double half = full / 2;
    int number = (int) (half * HALF_LOAD.toSeconds() * 1.1);
    Tally halfLoad =
        new CallLoad<Request>(server.port, CONNECTIONS).run(hooks.next(number), half, HALF_LOAD);
    return List.of(
        "%s, ms: full load p50 %s, p99 %s, p99.9 %s; half load %s; alone %s"
            .formatted(
                name,
                at(counted, 50),
                at(counted, 99),
                at(counted, 99.9),
                percentiles(halfLoad),
                percentiles(alone)),
        String.format(
            Locale.ROOT,
            "%s: p99 at half of the load is %.1f times the p50 alone",
            name,
            halfLoad.millis(99) / alone.millis(50)));
  }

  private static String at(List<Tally> tallies, double percentile) {
    return ms(Spread.of(tallies, t -> t.millis(percentile)).median());
  }

  private static String percentiles(Tally tally) {
    return "p50 %s, p99 %s, p99.9 %s"
        .formatted(ms(tally.millis(50)), ms(tally.millis(99)), ms(tally.millis(99.9)));
  }

  private static String ms(double millis) {
    return String.format(Locale.ROOT, "%.2f", millis);
  }
}
