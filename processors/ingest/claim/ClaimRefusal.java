package ingest.claim;

/** A claim that is refused, with the status it is answered; tells no value of it. */
public final class ClaimRefusal extends RuntimeException {
  private static final long serialVersionUID = 1;
  private final int status;

  ClaimRefusal(int status, String message) {
    super(message);
    this.status = status;
  }

  public int status() {
    return status;
  }
}
