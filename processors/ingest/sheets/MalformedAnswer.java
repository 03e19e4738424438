package ingest.sheets;

/** An answer that is not what Google documents; it is asked for again. Names the place alone. */
public final class MalformedAnswer extends RuntimeException {
  private static final long serialVersionUID = 1;

  MalformedAnswer(String path, String expected) {
    super(path + " is not " + expected);
  }
}
