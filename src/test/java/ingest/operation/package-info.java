/** Operations on a real database. */
@NullMarked
package ingest.operation;

import org.jspecify.annotations.NullMarked;
