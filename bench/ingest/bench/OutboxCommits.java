package ingest.bench;

import ingest.delivery.Target;
import ingest.envelope.Envelope;
import ingest.envelope.EventTypes;
import ingest.outbox.Committed;
import ingest.outbox.Intake;
import ingest.outbox.Outbox;
import ingest.outbox.OutboxMetrics;
import ingest.outbox.Owners;
import ingest.outbox.WakeUp;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * The same events through {@link Outbox#commit}, from envelope to answer: schema, JSON, dedupe key,
 * outbox row, a chunk for each of {@link #TARGETS}, and the other processes told. As role {@code
 * webhooks} does it, which has no lanes.
 */
final class OutboxCommits implements Contestant, AutoCloseable {
  private static final List<String> ENVIRONMENTS = List.of("stage", "production");

  /** The environments and the archive. */
  static final int TARGETS = ENVIRONMENTS.size() + 1;

  private final Dm dm;
  private final List<Intake> intakes = new ArrayList<>();
  private final int events;
  private final WakeUp wakeUp;
  private final Outbox outbox;

  OutboxCommits(Dm dm, List<Envelope> events, int group) throws SQLException {
    this.dm = dm;
    this.events = events.size();
    for (int i = 0; i < events.size(); i += group) {
      intakes.add(new Intake(events.subList(i, Math.min(i + group, events.size())), List.of()));
    }
    new ingest.delivery.Targets(dm.database())
        .configure(ENVIRONMENTS.stream().map(OutboxCommits::target).toList(), "live");
    EventTypes types = EventTypes.load(Path.of("routes"));
    wakeUp = new WakeUp(dm.database());
    outbox =
        new Outbox(
            dm.database(),
            types,
            Owners.NONE,
            wakeUp,
            new OutboxMetrics(new SimpleMeterRegistry(), types),
            dm.settings().duration("deliver.lease"));
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

  @Override
  public void prepare() throws Exception {
    dm.clear();
  }

  @Override
  public long run(Meter meter) throws Exception {
    meter.measure(() -> Workers.each(intakes.size(), i -> commit(intakes.get(i))));
    return events;
  }

  private void commit(Intake intake) throws SQLException {
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

  @Override
  public void close() {
    wakeUp.close();
  }
}
