package ingest.erasure;

import ingest.envelope.Envelope;
import java.util.Set;

/**
 * What an event that is of a person leads to: of an e-mail to them all that was told of it, and of
 * a row of a sheet all its versions. Otherwise the subject of an event is somebody else, whom the
 * person had to do with.
 */
final class Related {
  private static final Set<String> THEIR_OWN = Set.of("resend", "sheets");

  private Related() {}

  /** Whether the event is the person's own; then its subject is an identity of theirs. */
  static boolean learn(Person person, Envelope event) {
    boolean own = THEIR_OWN.contains(event.source());
    if (own) {
      person.learn(event.subject());
    }
    return own;
  }
}
