package ingest.envelope;

/** Schemas of event types cannot be used; the message has a line for each such file. */
public final class InvalidSchema extends RuntimeException {
  private static final long serialVersionUID = 1;

  public InvalidSchema(String message) {
    super(message);
  }
}
