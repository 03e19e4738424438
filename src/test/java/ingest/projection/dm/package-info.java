/** Projectors of what the shared tier decides, on a real PostgreSQL. */
@NullMarked
package ingest.projection.dm;

import org.jspecify.annotations.NullMarked;
