package ingest.operation;

/** Another instance has the operation: what is done here from now on would be done twice. */
final class Lost extends RuntimeException {
  private static final long serialVersionUID = 1;

  Lost(long id) {
    super("operation %d is held by another instance".formatted(id));
  }
}
