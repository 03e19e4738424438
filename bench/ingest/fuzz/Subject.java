package ingest.fuzz;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is given broken calls. */
interface Subject {
  /** Such as {@code verifier kick}. */
  String name();

  /** What is broken. */
  List<Sample> genuine();

  /** Whatever this throws should not have escaped. */
  Taken take(Sample call);

  /**
   * What became of a call.
   *
   * @param outcome in a word, to be counted
   * @param wrong null where it may be so
   */
  record Taken(String outcome, @Nullable String wrong) {}
}
