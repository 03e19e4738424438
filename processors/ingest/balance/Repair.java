package ingest.balance;

import java.util.Locale;

/** What mends it; the words of {@code ingest.balance_mismatch.repair}. */
public enum Repair {
  /** Its delivery is opened again, and the lane sends it from the outbox. */
  SEND("lacks it; it is sent again from the outbox"),
  /** The outbox has dropped its day: it is posted from the archive. */
  REPLAY("lacks it; it is posted from the archive"),
  /** The outbox does not know it: it is accepted again from the archive. */
  ACCEPT("has it and the outbox does not know it; it is accepted again from the archive"),
  /** It was accepted and nothing was to be delivered: a delivery is made. */
  DELIVER("was never to get it though it takes its type; a delivery is made"),
  /** The exceptions of its chunk are counted again. */
  RECOUNT("has chunks whose exceptions are miscounted; they are counted again"),
  /** Nobody has what it would take. */
  NONE("nobody has what it would take: beyond repair");

  private final String words;

  Repair(String words) {
    this.words = words;
  }

  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Repair of(String word) {
    return valueOf(word.toUpperCase(Locale.ROOT));
  }

  /** What is so of the target, as a person reads it. */
  String words() {
    return words;
  }
}
