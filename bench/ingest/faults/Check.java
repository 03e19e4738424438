package ingest.faults;

import java.util.List;

/**
 * A rule and how it held.
 *
 * @param examined what it was held against
 * @param broken how much of that breaks it
 * @param told the first of what breaks it, each with its history
 */
record Check(String name, long examined, long broken, List<String> told) {

  /** A rule about one thing. */
  static Check of(String name, List<String> broken) {
    return new Check(name, 1, broken.isEmpty() ? 0 : 1, broken);
  }
}
