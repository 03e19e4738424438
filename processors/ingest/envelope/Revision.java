package ingest.envelope;

import java.util.UUID;

/**
 * The place of an observation in the order of its subject and aspect: by rev, ties by the id of the
 * original event. An equal pair is the same event, so a replay writes it again.
 */
public record Revision(long rev, UUID event) implements Comparable<Revision> {
  /** Older than every observation: what was never seen. */
  public static final Revision NEVER = new Revision(0, new UUID(0, 0));

  @Override
  public int compareTo(Revision other) {
    int byRev = Long.compare(rev, other.rev);
    return byRev != 0 ? byRev : EventId.ORDER.compare(event, other.event);
  }
}
