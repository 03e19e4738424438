package ingest.x;

/**
 * An answer that does not have the shape X documents. Nothing of it is used: the page is asked for
 * again and in the end skipped whole.
 */
public final class MalformedAnswer extends RuntimeException {
  private static final long serialVersionUID = 1;

  MalformedAnswer(Throwable why) {
    super(why.getMessage(), why);
  }
}
