package ingest.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * A limit and its contestants, run by turns: every round runs all of them, and a ratio is taken
 * within a round, so that what disturbs the machine for a while disturbs both sides of it. Every
 * other round goes the other way, so that nobody always follows the same one. One round of warm-up
 * comes first and is not counted.
 */
final class Race {
  private final String name;
  private final Server server;
  private final List<Contestant> field;

  /**
   * A race.
   *
   * @param limit what the ratios are taken to
   */
  Race(String name, Server server, Contestant limit, List<? extends Contestant> contestants) {
    this.name = name;
    this.server = server;
    this.field = new ArrayList<>();
    this.field.add(limit);
    this.field.addAll(contestants);
  }

  /** Runs it; everybody's tables are left as the last round left them. */
  Standings run(int rounds, Progress progress) throws Exception {
    List<List<Sample>> samples = new ArrayList<>();
    field.forEach(c -> samples.add(new ArrayList<>()));
    for (int round = 0; round <= rounds; round++) {
      for (int turn = 0; turn < field.size(); turn++) {
        int who = round % 2 == 0 ? turn : field.size() - 1 - turn;
        Contestant contestant = field.get(who);
        progress.at(name, contestant.name(), round, rounds);
        Sample sample = run(contestant);
        if (round > 0) {
          samples.get(who).add(sample);
        }
      }
    }
    List<Standings.Line> lines = new ArrayList<>();
    for (int i = 0; i < field.size(); i++) {
      lines.add(new Standings.Line(field.get(i).name(), samples.get(i), samples.get(0)));
    }
    return new Standings(name, lines);
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
