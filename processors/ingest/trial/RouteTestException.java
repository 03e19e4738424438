package ingest.trial;

/** A route test cannot be read; the message begins with its file and line. */
public final class RouteTestException extends RuntimeException {
  private static final long serialVersionUID = 1;

  RouteTestException(String message) {
    super(message);
  }
}
