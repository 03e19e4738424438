package ingest.signature;

/** What the verification of a call came to; safe to log and to answer, whatever the scheme. */
public enum Verdict {
  VALID("the signature is valid"),
  MISSING_HEADER("what the signature is told by is missing"),
  BAD_ID("the signed id is empty, too long or has characters that no id has"),
  BAD_TIMESTAMP("the signed time is not in the form that the scheme has"),
  STALE_TIMESTAMP("the signed time is too long ago"),
  FUTURE_TIMESTAMP("the signed time is too far ahead"),
  BAD_SIGNATURE("the signature is not in the form that the scheme has"),
  REFUSED_ALGORITHM("the signature is by an algorithm that is not accepted"),
  NO_MATCH("no signature matches"),
  /** Nothing is wrong with the call as far as anyone looked. */
  BUSY("too many signatures are being verified"),
  /** Nothing is wrong with the call as far as anyone looked. */
  NO_KEY("the sender's key is not known yet");

  private final String message;

  Verdict(String message) {
    this.message = message;
  }

  public boolean valid() {
    return this == VALID;
  }

  /** Nobody could say: the call is to come again (503), where the others are refused (401). */
  public boolean undecided() {
    return this == BUSY || this == NO_KEY;
  }

  public String message() {
    return message;
  }
}
