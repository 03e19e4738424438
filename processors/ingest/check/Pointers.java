package ingest.check;

/** Reads the pointers of {@link RouteFile#nodes}. */
final class Pointers {
  private Pointers() {}

  /** The last name; the place in a list is none. */
  static String name(String pointer) {
    String rest = pointer;
    while (rest.matches(".*/[0-9]+")) {
      rest = outer(rest);
    }
    return rest.substring(rest.lastIndexOf('/') + 1);
  }

  /** Of what stands around it. */
  static String outer(String pointer) {
    return pointer.substring(0, Math.max(0, pointer.lastIndexOf('/')));
  }
}
