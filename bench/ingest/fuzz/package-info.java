/** Breaks genuine calls in many ways, and holds what becomes of them against what may. */
@NullMarked
package ingest.fuzz;

import org.jspecify.annotations.NullMarked;
