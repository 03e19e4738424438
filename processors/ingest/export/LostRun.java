package ingest.export;

/** Another instance took the run over: whatever is still written here is what it writes, too. */
public final class LostRun extends Exception {
  private static final long serialVersionUID = 1;

  LostRun() {
    super("another instance has taken this run over");
  }
}
