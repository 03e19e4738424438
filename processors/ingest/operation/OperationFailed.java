package ingest.operation;

/** An operation that can never go on; the message tells its operator why. */
public final class OperationFailed extends RuntimeException {
  private static final long serialVersionUID = 1;

  public OperationFailed(String message) {
    super(message);
  }
}
