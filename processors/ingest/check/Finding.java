package ingest.check;

import java.util.Comparator;

/**
 * Something that is wrong in a file.
 *
 * @param file from the root, with slashes
 * @param line counted from 1
 * @param rule what it breaks, in words with dashes
 * @param message what is wrong, and the way out where that is not plain
 */
public record Finding(String file, int line, String rule, String message)
    implements Comparable<Finding> {
  private static final Comparator<Finding> ORDER =
      Comparator.comparing(Finding::file)
          .thenComparingInt(Finding::line)
          .thenComparing(Finding::rule)
          .thenComparing(Finding::message);

  @Override
  public int compareTo(Finding other) {
    return ORDER.compare(this, other);
  }

  /** As compilers write it, so that editors and terminals find the place. */
  @Override
  public String toString() {
    return file + ":" + line + ": " + message;
  }
}
