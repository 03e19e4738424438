package ingest.bench;

import java.util.List;

/** One way of doing a piece of work; the limit of a race is one too. Used by one thread. */
interface Contestant {
  /** As the table shows it. */
  String name();

  /** Untimed, before each run: fresh tables, and the work that is to be done. */
  void prepare() throws Exception;

  /**
   * Does the work, the part that counts below {@link Meter#measure}.
   *
   * @return how many events that was
   */
  long run(Meter meter) throws Exception;

  /**
   * Untimed, after each run.
   *
   * @throws Unbalanced when the work was not done: a fast wrong answer is no answer
   */
  void check() throws Exception;

  /** Untimed, once after all runs: lines that its table has no column for. */
  default List<String> notes() throws Exception {
    return List.of();
  }
}
