package ingest.bench;

import ingest.delivery.Target;
import ingest.delivery.Targets;
import ingest.envelope.Envelope;
import ingest.envelope.EventTypes;
import ingest.outbox.Committed;
import ingest.outbox.Intake;
import ingest.outbox.Outbox;
import ingest.outbox.OutboxMetrics;
import ingest.outbox.Owners;
import ingest.outbox.State;
import ingest.outbox.WakeUp;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The same events through {@link Outbox#commit}, from envelope to answer: schema, JSON, dedupe key,
 * outbox row, a chunk for each of {@link #TARGETS}, and the other processes told. As role {@code
 * webhooks} does it, which has no lanes.
 */
final class OutboxCommits implements Contestant {
  private static final List<String> ENVIRONMENTS = List.of("stage", "production");

  /** The environments and the archive. */
  static final int TARGETS = ENVIRONMENTS.size() + 1;

  private final Dm dm;
  private final List<Intake> intakes = new ArrayList<>();
  private final int events;
  private final EventTypes types;
  private final State state;
  private @Nullable WakeUp wakeUp;

  OutboxCommits(Dm dm, List<Envelope> events, int group, EventTypes types, State state) {
    this.dm = dm;
    this.types = types;
    this.state = state;
    this.events = events.size();
    for (int i = 0; i < events.size(); i += group) {
      intakes.add(new Intake(events.subList(i, Math.min(i + group, events.size())), List.of()));
    }
  }

  /** Nobody sends to it. */
  private static Target target(String name) {
    return new Target(
        name, Target.HTTP, List.of("*"), 100, URI.create("http://127.0.0.1"), List.of());
  }

  @Override
  public String name() {
    return "outbox commit";
  }

  /** One process tells others, and hears them, only while it runs. */
  @Override
  public void prepare() throws Exception {
    dm.clear();
    new Targets(dm.database())
        .configure(ENVIRONMENTS.stream().map(OutboxCommits::target).toList(), "live");
    wakeUp = new WakeUp(dm.database());
  }

  @Override
  public long run(Meter meter) throws Exception {
    try (WakeUp running = Objects.requireNonNull(wakeUp)) {
      Outbox outbox =
          new Outbox(
              dm.database(),
              state,
              types,
              Owners.NONE,
              running,
              new OutboxMetrics(new SimpleMeterRegistry(), types),
              dm.settings().duration("deliver.lease"));
      meter.measure(() -> Workers.each(intakes.size(), i -> commit(outbox, intakes.get(i))));
    }
    return events;
  }

  private static void commit(Outbox outbox, Intake intake) throws SQLException {
    Committed committed = outbox.commit(intake);
    Unbalanced.unlessEqual(
        "new events of a group", intake.envelopes().size(), committed.fresh().size());
  }

  @Override
  public void check() throws Exception {
    Unbalanced.unlessEqual(
        "events in the outbox", events, dm.number("SELECT count(*) FROM ingest.ingest_outbox"));
    Unbalanced.unlessEqual(
        "event keys", events, dm.number("SELECT count(*) FROM ingest.event_key"));
    Unbalanced.unlessEqual(
        "deliveries to be made",
        (long) TARGETS * events,
        dm.number("SELECT sum(n) FROM ingest.delivery_chunk WHERE status = 0"));
  }
}
