package ingest.channel;

import ingest.envelope.Envelope;
import ingest.envelope.EventTypes;
import ingest.outbox.Effect;
import ingest.outbox.Intake;
import ingest.outbox.Outbox;
import ingest.outbox.OutboxMetrics;
import ingest.outbox.Owners;
import ingest.outbox.State;
import ingest.outbox.WakeUp;
import ingest.store.DmDatabase;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/** Brings events in through the product's own commit, by several threads; counts what it cost. */
final class Delivery {
  private static final int MOST_OF_A_BATCH = 8;

  /** Of a hundred events, how many come twice at least. */
  private static final int AGAIN = 30;

  final SimpleMeterRegistry meters = new SimpleMeterRegistry();

  /** SQLSTATEs of what ended a try, with how often they did. */
  private final Map<String, Integer> ended = new ConcurrentSkipListMap<>();

  private final DmDatabase dm;
  private final EventTypes types;
  private final ChannelState channels;

  Delivery(DmDatabase dm, EventTypes types) {
    this.dm = dm;
    this.types = types;
    this.channels = new ChannelState(dm, types, new ChannelMetrics(meters));
  }

  /** Batches of {@code events}, some of them repeated; {@code window} is how far out of order. */
  static List<List<Envelope>> batches(List<Envelope> events, Random random, int window) {
    List<Map.Entry<Integer, Envelope>> places = new ArrayList<>();
    for (int i = 0; i < events.size(); i++) {
      do {
        places.add(Map.entry(i + random.nextInt(window), events.get(i)));
      } while (random.nextInt(100) < AGAIN);
    }
    Collections.shuffle(places, random);
    places.sort(Map.Entry.comparingByKey());
    return cut(places.stream().map(Map.Entry::getValue).toList(), random);
  }

  /** An id stands in a batch once. */
  static List<List<Envelope>> cut(List<Envelope> events, Random random) {
    List<List<Envelope>> batches = new ArrayList<>();
    List<Envelope> batch = new ArrayList<>();
    Set<UUID> ids = new TreeSet<>();
    int room = 0;
    for (Envelope event : events) {
      if (batch.size() >= room || ids.contains(event.id())) {
        batch = new ArrayList<>();
        batches.add(batch);
        ids.clear();
        room = 1 + random.nextInt(MOST_OF_A_BATCH);
      }
      ids.add(event.id());
      batch.add(event);
    }
    return batches;
  }

  /** Each thread takes the next batch; what a commit throws is thrown. */
  void deliver(List<List<Envelope>> batches, int threads)
      throws InterruptedException, ExecutionException {
    AtomicInteger next = new AtomicInteger();
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try (WakeUp wakeUp = new WakeUp(dm)) {
      Outbox outbox =
          new Outbox(
              dm,
              new Counting(),
              types,
              Owners.NONE,
              wakeUp,
              new OutboxMetrics(meters, types),
              Duration.ofSeconds(60));
      List<Future<?>> all = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        all.add(
            pool.submit(
                () -> {
                  for (int b = next.getAndIncrement();
                      b < batches.size();
                      b = next.getAndIncrement()) {
                    outbox.commit(new Intake(batches.get(b), List.of()));
                  }
                  return null;
                }));
      }
      for (Future<?> one : all) {
        one.get();
      }
    } finally {
      pool.shutdownNow();
    }
  }

  /** The tries of commits that another had to follow, by SQLSTATE; empty where there were none. */
  String cost() {
    return ended.isEmpty() ? "" : ended.toString();
  }

  /** The product's, with what ends a try counted. */
  private final class Counting implements State {
    @Override
    public Map<String, String> channels(Collection<Envelope> envelopes) throws SQLException {
      return channels.channels(envelopes);
    }

    @Override
    public List<Effect> effects(List<Envelope> envelopes) {
      return channels.effects(envelopes).stream().map(this::counted).toList();
    }

    private Effect counted(Effect effect) {
      AtomicInteger tries = new AtomicInteger();
      return (tx, fresh) -> {
        if (tries.incrementAndGet() > 2) {
          ended.merge("a third try", 1, Integer::sum);
        }
        try {
          return effect.write(tx, fresh);
        } catch (SQLException e) {
          ended.merge(String.valueOf(e.getSQLState()), 1, Integer::sum);
          throw e;
        }
      };
    }
  }
}
