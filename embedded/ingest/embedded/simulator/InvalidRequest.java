package ingest.embedded.simulator;

/** The caller asked for what the simulator does not answer; the message holds no quotes. */
public final class InvalidRequest extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** The message says what would be right. */
  public InvalidRequest(String message) {
    super(message);
  }
}
