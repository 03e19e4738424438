package ingest.trial;

/** Where in the tree something happened: a step of a route, by their ids. */
public record Step(String route, String id) {
  /** Before the first step, and where Camel tells no step. */
  static final Step NONE = new Step("", "");

  @Override
  public String toString() {
    return route.isEmpty() ? id : id.isEmpty() ? route : route + ", step " + id;
  }
}
