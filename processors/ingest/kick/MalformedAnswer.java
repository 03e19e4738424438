package ingest.kick;

/**
 * An answer that does not have the shape Kick documents. The message has the place and what was
 * expected there, never what stood there.
 *
 * <p>Nothing of such an answer is used: the page is asked for again and in the end skipped whole.
 */
public final class MalformedAnswer extends RuntimeException {
  private static final long serialVersionUID = 1;

  MalformedAnswer(String path, String expected) {
    super(path + " is not " + expected);
  }
}
