package ingest.balance;

import java.util.Locale;

/** What mends it; the words of {@code ingest.balance_mismatch.repair}. */
public enum Repair {
  /** Its delivery is opened again, and the lane sends it from the outbox. */
  SEND("lacks it; mend sends it again from the outbox"),
  /** The outbox has dropped its day: it is posted from the archive. */
  REPLAY("lacks it; the outbox has dropped its day, mend posts it from the archive"),
  /** The outbox does not know it: it is accepted again from the archive. */
  ACCEPT("has it and the outbox does not know it; mend accepts it again from the archive"),
  /** It was accepted and nothing was to be delivered: a delivery is made. */
  DELIVER("takes its type and has no delivery of it; mend makes one"),
  /** The exceptions of its chunk are counted again. */
  RECOUNT("has chunks whose exceptions are miscounted; mend counts them again"),
  /** Nobody has what it would take. */
  NONE("cannot be put right: nobody has what it would take");

  private final String words;

  Repair(String words) {
    this.words = words;
  }

  /** As a table and JSON have it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  static Repair of(String word) {
    return valueOf(word.toUpperCase(Locale.ROOT));
  }

  /** What is so of the target, as a person reads it. */
  public String words() {
    return words;
  }
}
