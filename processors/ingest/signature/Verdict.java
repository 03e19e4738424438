package ingest.signature;

/** What the verification of a request came to; safe to log and to answer. */
public enum Verdict {
  VALID("the signature is valid"),
  MISSING_HEADER("webhook-id, webhook-timestamp or webhook-signature is missing"),
  BAD_ID("webhook-id is longer than 256 characters or not printable ASCII"),
  BAD_TIMESTAMP("webhook-timestamp is not in Unix seconds"),
  STALE_TIMESTAMP("webhook-timestamp is more than 5 minutes old"),
  FUTURE_TIMESTAMP("webhook-timestamp is more than 5 minutes ahead"),
  NO_MATCH("no signature matches");

  private final String message;

  Verdict(String message) {
    this.message = message;
  }

  public boolean valid() {
    return this == VALID;
  }

  public String message() {
    return message;
  }
}
