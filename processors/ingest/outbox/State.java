package ingest.outbox;

import ingest.envelope.Envelope;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What {@code dm} keeps of the entities that events speak of. */
public interface State {
  /**
   * The ids that the events' entities have in {@code channelid}, by subject, of those that are
   * channels. Asked before the transaction; the same subject always has the same id.
   */
  Map<String, String> channels(Collection<Envelope> envelopes) throws SQLException;

  /**
   * What may be committed of intakes: of what must not be known any more, a tombstone under the
   * same id. Asked before the transaction.
   */
  default List<Intake> covered(List<Intake> intakes) throws SQLException {
    return intakes;
  }

  /** What the events change, for their transaction. */
  List<Effect> effects(List<Envelope> envelopes);

  /** Both of them; a subject is a channel where either says so. */
  default State and(State other) {
    State first = this;
    return new State() {
      @Override
      public Map<String, String> channels(Collection<Envelope> envelopes) throws SQLException {
        Map<String, String> channels = new HashMap<>(other.channels(envelopes));
        channels.putAll(first.channels(envelopes));
        return channels;
      }

      @Override
      public List<Intake> covered(List<Intake> intakes) throws SQLException {
        return other.covered(first.covered(intakes));
      }

      @Override
      public List<Effect> effects(List<Envelope> envelopes) {
        return Stream.concat(first.effects(envelopes).stream(), other.effects(envelopes).stream())
            .toList();
      }
    };
  }

  /** Events alone. */
  State NONE =
      new State() {
        @Override
        public Map<String, String> channels(Collection<Envelope> envelopes) {
          return Map.of();
        }

        @Override
        public List<Effect> effects(List<Envelope> envelopes) {
          return List.of();
        }
      };
}
