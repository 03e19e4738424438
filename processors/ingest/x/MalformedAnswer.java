package ingest.x;

/**
 * An answer that does not have the shape X documents. Nothing of it is used: the page is asked for
 * again and in the end skipped whole. It has no cause: an error policy looks at causes too, and
 * what cannot be mapped is not asked for again.
 */
public final class MalformedAnswer extends RuntimeException {
  private static final long serialVersionUID = 1;

  MalformedAnswer(String said) {
    super(said);
  }
}
