package ingest.webhook;

import ingest.envelope.Envelope;
import java.util.List;

/**
 * What became of a call before its commit.
 *
 * @param said the type, as the sender calls it; empty where it does not say
 */
public record Mapped(List<Envelope> envelopes, Kind kind, String said) {
  public Mapped {
    envelopes = List.copyOf(envelopes);
  }

  /** How much of a call was understood. */
  public enum Kind {
    /** All of it. */
    MAPPED,
    /** No schema registers one of its types, or there is nothing in it: kept, and accepted. */
    UNMAPPED,
    /** It is not what its sender documents: kept, and told to the sender. */
    UNPARSEABLE
  }
}
