package ingest.envelope;

/** What was to become an envelope is none; the message names the attribute, never its payload. */
public final class InvalidEnvelope extends RuntimeException {
  private static final long serialVersionUID = 1;

  public InvalidEnvelope(String message) {
    super(message);
  }
}
