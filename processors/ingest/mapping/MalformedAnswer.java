package ingest.mapping;

import java.io.Serial;

/**
 * An answer that does not have the shape its upstream documents. The message has the place and what
 * was expected there, never what stood there.
 *
 * <p>Nothing of such an answer is used: the call is tried again and in the end its page is skipped
 * whole. It has no cause: an error policy looks at causes too, and what cannot be mapped is not
 * asked for again.
 */
public final class MalformedAnswer extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  /** {@code said}: in what. */
  public MalformedAnswer(String said) {
    super(said);
  }

  /** {@code path} is not {@code expected}. */
  public MalformedAnswer(String path, String expected) {
    this(path + " is not " + expected);
  }
}
