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
 *
 * <p>Types that say {@code "concerns": "channel"} are too many to write a row each: a raid of chat
 * would be a queue for the lock of one channel. The first of them makes the row of a channel that
 * {@link ChannelIds} does not know, with what it says of it; as soon as that is committed, the
 * others just get its id. Where the first come at the same time, each of their commits brings the
 * row up to date once.
 */
public final class ChannelState implements State {
  private final EventTypes types;
  private final ChannelIds ids;
  private final Channels channels;
  private final Sessions sessions;
  private final Follows follows = new Follows();
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
    List<ChannelKey> wanted = new ArrayList<>();
    for (Envelope event : envelopes) {
      boolean wants =
          switch (channel(event)) {
            case NONE -> false;
            case CONCERNS -> true;
            case OBSERVES -> event.channelid() == null;
          };
      if (wants) {
        Sighting.channel(event).ifPresent(wanted::add);
      }
    }
    Map<String, String> bySubject = new HashMap<>();
    ids.of(wanted).forEach((channel, id) -> bySubject.put(channel.subject(), id));
    return bySubject;
  }

  @Override
  public List<Effect> effects(List<Envelope> envelopes) {
    List<Sighting> sightings = new ArrayList<>();
    for (Envelope event : envelopes) {
      if (tells(event)) {
        Sighting.of(
                event, (field, reason) -> metrics.refuse(EventId.text(event.id()), field, reason))
            .ifPresent(sightings::add);
      }
    }
    return sightings.isEmpty()
        ? List.of()
        : List.of(new ChannelSeen(sightings, channels, sessions, follows, types));
  }

  /** Whether what it says of its channel is written. */
  private boolean tells(Envelope event) {
    return switch (channel(event)) {
      case NONE -> false;
      case CONCERNS -> Sighting.channel(event).filter(c -> !ids.knows(c)).isPresent();
      case OBSERVES -> true;
    };
  }

  private EventType.Channel channel(Envelope event) {
    return types.find(event.type()).map(EventType::channel).orElse(EventType.Channel.NONE);
  }
}
