package ingest.check;

/** Takes what a rule has to say. */
interface Told {
  void at(String file, int line, String message);

  /** At what {@code pointer} points to, or at the nearest thing around it that is there. */
  default void at(RouteFile file, String pointer, String message) {
    at(file.path(), file.lines().of(pointer), message);
  }

  /** At an endpoint, as it is written. */
  default void at(RouteFile file, Endpoint endpoint, String message) {
    at(file, endpoint.pointer(), message);
  }
}
