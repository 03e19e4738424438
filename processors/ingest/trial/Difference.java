package ingest.trial;

/**
 * Something that was not as a route test expects it.
 *
 * @param place file and line of the expectation
 */
public record Difference(String place, String what, String expected, String actual) {
  @Override
  public String toString() {
    return "%s: %s%n    expected %s%n    actual   %s".formatted(place, what, expected, actual);
  }
}
