package ingest.admin;

/** An admin request that is refused, with the status it is answered. */
public final class AdminRefusal extends RuntimeException {
  private static final long serialVersionUID = 1;
  private final int status;

  public AdminRefusal(int status, String message) {
    super(message);
    this.status = status;
  }

  public int status() {
    return status;
  }
}
