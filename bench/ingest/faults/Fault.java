package ingest.faults;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** What is done to the system under load. */
enum Fault {
  INGEST("ingest killed", 6),
  ENV("env killed", 5),
  POSTGRES("postmaster killed", 4),
  CLICKHOUSE("clickhouse killed", 3),
  STOP("ingest stopped past its lease", 2);

  private final String words;
  private final int share;

  Fault(String words, int share) {
    this.words = words;
    this.share = share;
  }

  String words() {
    return words;
  }

  /** Each kind once, as far as the number goes, and the rest by their shares; in any order. */
  static List<Fault> plan(int number, Random random) {
    List<Fault> shares = new ArrayList<>();
    for (Fault fault : values()) {
      shares.addAll(Collections.nCopies(fault.share, fault));
    }
    List<Fault> plan = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      plan.add(i < values().length ? values()[i] : shares.get(random.nextInt(shares.size())));
    }
    Collections.shuffle(plan, random);
    return plan;
  }
}
