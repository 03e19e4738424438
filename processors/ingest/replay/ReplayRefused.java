package ingest.replay;

/** A replay that is not begun; the message tells whoever asked for it why. */
public final class ReplayRefused extends RuntimeException {
  private static final long serialVersionUID = 1;
  private final int status;

  ReplayRefused(int status, String message) {
    super(message);
    this.status = status;
  }

  /** As an HTTP caller is told. */
  public int status() {
    return status;
  }
}
