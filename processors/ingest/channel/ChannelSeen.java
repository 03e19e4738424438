package ingest.channel;

import ingest.envelope.EventTypes;
import ingest.outbox.Derived;
import ingest.outbox.Effect;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * What the events of one commit say of channels, written with them: first who, then what ran and
 * who was followed.
 */
final class ChannelSeen implements Effect {
  private final List<Sighting> sightings;
  private final Channels channels;
  private final Sessions sessions;
  private final Follows follows;
  private final EventTypes types;

  /** Others come between who name channels: a second try takes its turn, and is the last. */
  private boolean tried;

  ChannelSeen(
      List<Sighting> sightings,
      Channels channels,
      Sessions sessions,
      Follows follows,
      EventTypes types) {
    this.sightings = List.copyOf(sightings);
    this.channels = channels;
    this.sessions = sessions;
    this.follows = follows;
    this.types = types;
  }

  @Override
  public List<Derived> write(Connection tx, Set<UUID> fresh) throws SQLException {
    List<Sighting> seen =
        sightings.stream().filter(s -> fresh.contains(s.revision().event())).toList();
    boolean inTurn = tried;
    tried = true;
    Channels.Upserted upserted =
        inTurn ? channels.upsertInTurn(tx, seen) : channels.upsert(tx, seen);
    sessions.write(tx, seen, upserted.ids());
    follows.write(tx, seen, upserted.ids());
    return Renamed.events(upserted.renames(), types);
  }
}
