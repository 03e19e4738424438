package ingest.trial;

/** A route cannot be tried; the message is all that is told. */
public final class TrialException extends RuntimeException {
  private static final long serialVersionUID = 1;

  TrialException(String message) {
    super(message);
  }
}
