package ingest.balance;

import java.util.Locale;

/** What is wrong; the words of {@code ingest.balance_mismatch.kind}. */
public enum Kind {
  LOST_IN_ARCHIVE("lost in the archive"),
  LOST_IN_CONSUMER("lost in the consumer"),
  /** Nothing shows that it was ever sent. */
  MARKED_DELIVERED("marked delivered and not there"),
  /** Accepted without a delivery, delivered without being known, or miscounted. */
  NOT_ACCOUNTED("not accounted for");

  private final String words;

  Kind(String words) {
    this.words = words;
  }

  /** As a table, a metric and JSON have it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  static Kind of(String word) {
    return valueOf(word.toUpperCase(Locale.ROOT).replace('-', '_'));
  }

  /** As a person reads it. */
  public String words() {
    return words;
  }
}
