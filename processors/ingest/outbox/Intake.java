package ingest.outbox;

import ingest.envelope.Envelope;
import java.util.List;

/** What one poll or one message brings: committed as a whole or not at all. */
public record Intake(List<Envelope> envelopes, List<Effect> effects) {
  public Intake {
    envelopes = List.copyOf(envelopes);
    effects = List.copyOf(effects);
  }
}
