/** Projectors of what the shared tier decides itself. */
@NullMarked
package ingest.projection.dm;

import org.jspecify.annotations.NullMarked;
