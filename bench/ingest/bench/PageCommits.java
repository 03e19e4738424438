package ingest.bench;

import ingest.envelope.Envelope;
import ingest.envelope.EventTypes;
import ingest.outbox.State;
import java.util.List;

/** Pages of polls of known channels through the outbox, with or without what {@code dm} keeps. */
final class PageCommits implements Contestant {
  private final Known known;
  private final OutboxCommits commits;
  private final List<Envelope> events;
  private final State state;
  private final String name;

  PageCommits(Known known, List<Envelope> events, EventTypes types, State state, String name) {
    this.known = known;
    this.commits = new OutboxCommits(known.dm(), events, Pages.PAGE, types, state);
    this.events = List.copyOf(events);
    this.state = state;
    this.name = name;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void prepare() throws Exception {
    known.restore();
    commits.prepare();
  }

  @Override
  public long run(Meter meter) throws Exception {
    return commits.run(meter);
  }

  @Override
  public void check() throws Exception {
    commits.check();
    Unbalanced.unlessEqual(
        "channels that were seen",
        state == State.NONE ? 0 : events.stream().map(Envelope::subject).distinct().count(),
        known
            .dm()
            .number("SELECT count(*) FROM dm.streamer_channel WHERE slug_rev > " + Known.REV));
  }
}
