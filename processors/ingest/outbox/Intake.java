package ingest.outbox;

import ingest.envelope.Envelope;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one poll or one message brings: committed as a whole or not at all.
 *
 * @param original of a webhook; null where nothing came by itself
 * @param checked whether each event was held against its schema already
 */
public record Intake(
    List<Envelope> envelopes, List<Effect> effects, @Nullable Original original, boolean checked) {
  public Intake {
    envelopes = List.copyOf(envelopes);
    effects = List.copyOf(effects);
  }

  public Intake(List<Envelope> envelopes, List<Effect> effects, @Nullable Original original) {
    this(envelopes, effects, original, false);
  }

  public Intake(List<Envelope> envelopes, List<Effect> effects) {
    this(envelopes, effects, null, false);
  }
}
