package ingest.bench;

/** An event is missing, doubled or wrong: the measurement is worth nothing. */
final class Unbalanced extends RuntimeException {
  private static final long serialVersionUID = 1L;

  Unbalanced(String message) {
    super(message);
  }

  /** Holds what is there against what has to be. */
  static void unlessEqual(String what, long expected, long actual) {
    if (expected != actual) {
      throw new Unbalanced("%s: %d, and there should be %d".formatted(what, actual, expected));
    }
  }
}
