package ingest.rebuild;

/** A rebuild, or a step of one, that is not begun; the message tells whoever asked why. */
public final class RebuildRefused extends RuntimeException {
  private static final long serialVersionUID = 1;
  private final int status;

  RebuildRefused(int status, String message) {
    super(message);
    this.status = status;
  }

  /** As an HTTP caller is told. */
  public int status() {
    return status;
  }
}
