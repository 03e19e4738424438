package ingest.webhook;

/** A call that is refused, with the status it is answered; tells no value of it. */
public final class WebhookRefusal extends RuntimeException {
  private static final long serialVersionUID = 1;
  private final int status;

  WebhookRefusal(int status, String message) {
    super(message, null, false, false); // no stack: forged calls may be many
    this.status = status;
  }

  public int status() {
    return status;
  }
}
