package ingest.outbox;

import ingest.envelope.Envelope;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** What {@code dm} keeps of the entities that events speak of. */
public interface State {
  /**
   * The ids that the events' entities have in {@code channelid}, by subject, of those that are
   * channels. Asked before the transaction; the same subject always has the same id.
   */
  Map<String, String> channels(Collection<Envelope> envelopes) throws SQLException;

  /** What the events change, for their transaction. */
  List<Effect> effects(List<Envelope> envelopes);

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
