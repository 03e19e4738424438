package ingest.upstream;

import java.io.IOException;
import java.io.Serial;

/**
 * An upstream's answer was larger, or longer on its way, than any that is of use; it was let go.
 */
public final class AnswerOutOfBounds extends IOException {
  @Serial private static final long serialVersionUID = 1;

  AnswerOutOfBounds(String bound) {
    super("the answer was let go: " + bound);
  }
}
