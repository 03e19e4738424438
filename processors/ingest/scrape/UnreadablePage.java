package ingest.scrape;

import java.io.Serial;

/**
 * An answer that is not what it should be; says in what, never what stood there. Another try may
 * bring another.
 */
public final class UnreadablePage extends Exception {
  @Serial private static final long serialVersionUID = 1;

  public UnreadablePage(String what) {
    super(what);
  }
}
