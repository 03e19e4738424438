package ingest.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * A limit and its contestants. Every round runs each contestant beside the limit, and a ratio is
 * that of the two neighbours, so that what disturbs the machine for a while disturbs both. Every
 * other round goes the other way round, so that nobody always follows the same one. One round of
 * warm-up comes first and is not counted.
 */
final class Race {
  private final String name;
  private final Server server;
  private final Contestant limit;
  private final List<Contestant> contestants;

  /**
   * A race.
   *
   * @param limit what the ratios are taken to
   */
  Race(String name, Server server, Contestant limit, List<? extends Contestant> contestants) {
    this.name = name;
    this.server = server;
    this.limit = limit;
    this.contestants = List.copyOf(contestants);
  }

  /** Runs it; everybody's tables are left as the last round left them. */
  Standings run(int rounds, Progress progress) throws Exception {
    List<List<Standings.Pair>> pairs = new ArrayList<>();
    contestants.forEach(c -> pairs.add(new ArrayList<>()));
    for (int round = 0; round <= rounds; round++) {
      boolean forth = round % 2 == 0;
      for (int turn = 0; turn < contestants.size(); turn++) {
        int who = forth ? turn : contestants.size() - 1 - turn;
        Contestant contestant = contestants.get(who);
        progress.at(name, contestant.name(), round, rounds);
        Standings.Pair pair =
            forth ? new Standings.Pair(run(limit), run(contestant)) : back(contestant);
        if (round > 0) {
          pairs.get(who).add(pair);
        }
      }
    }
    List<Standings.Line> lines = new ArrayList<>();
    for (int i = 0; i < contestants.size(); i++) {
      Contestant contestant = contestants.get(i);
      lines.add(new Standings.Line(contestant.name(), pairs.get(i), contestant.notes()));
    }
    return new Standings(name, limit.name(), lines);
  }

  private Standings.Pair back(Contestant contestant) throws Exception {
    Sample ours = run(contestant);
    return new Standings.Pair(run(limit), ours);
  }

  /** A run begins after a checkpoint: none falls due within it, and nobody pays for another. */
  private Sample run(Contestant contestant) throws Exception {
    server.checkpoint();
    contestant.prepare();
    Meter meter = new Meter(server);
    long events = contestant.run(meter);
    contestant.check();
    return meter.sample(events);
  }
}
