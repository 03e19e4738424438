package ingest.faults;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;

/** What came of a run. */
interface Verdict {
  /** True when every rule held for everything it was held against. */
  boolean holds();

  /** True when every rule held under what was asked for: exit code 0. */
  default boolean passed() {
    return holds();
  }

  /** For people. */
  void print(PrintWriter out);

  /** The same for a program. */
  ObjectNode json();
}
