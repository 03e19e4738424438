package ingest.channel;

import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.envelope.EventType;
import ingest.envelope.EventTypes;
import ingest.outbox.Effect;
import ingest.outbox.State;
import ingest.store.DmDatabase;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@code dm} keeps of channels, from the events of every type whose schema says {@code
 * "observes": "channel"}, whichever way they come in.
 */
public final class ChannelState implements State {
  private final EventTypes types;
  private final ChannelIds ids;
  private final Channels channels;
  private final Sessions sessions;
  private final ChannelMetrics metrics;

  public ChannelState(DmDatabase dm, EventTypes types, ChannelMetrics metrics) {
    this.types = types;
    this.ids = new ChannelIds(dm);
    this.channels = new Channels(metrics);
    this.sessions = new Sessions(metrics);
    this.metrics = metrics;
  }

  @Override
  public Map<String, String> channels(Collection<Envelope> envelopes) throws SQLException {
    List<ChannelKey> nameless = new ArrayList<>();
    for (Envelope event : envelopes) {
      if (event.channelid() == null && observes(event)) {
        Sighting.channel(event).ifPresent(nameless::add);
      }
    }
    Map<String, String> bySubject = new HashMap<>();
    ids.of(nameless).forEach((channel, id) -> bySubject.put(channel.subject(), id));
    return bySubject;
  }

  @Override
  public List<Effect> effects(List<Envelope> envelopes) {
    List<Sighting> sightings = new ArrayList<>();
    for (Envelope event : envelopes) {
      if (observes(event)) {
        Sighting.of(
                event, (field, reason) -> metrics.refuse(EventId.text(event.id()), field, reason))
            .ifPresent(sightings::add);
      }
    }
    return sightings.isEmpty()
        ? List.of()
        : List.of(new ChannelSeen(sightings, channels, sessions, types));
  }

  private boolean observes(Envelope event) {
    return types
        .find(event.type())
        .filter(t -> t.channel() == EventType.Channel.OBSERVES)
        .isPresent();
  }
}
