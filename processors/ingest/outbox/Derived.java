package ingest.outbox;

import ingest.envelope.Envelope;
import java.util.List;

/**
 * An event that this tier decided itself while it committed others, in their transaction.
 *
 * @param targets names of the targets that get it beside the archive; empty: those that take its
 *     type
 */
public record Derived(Envelope envelope, List<String> targets) {
  public Derived {
    targets = List.copyOf(targets);
  }
}
