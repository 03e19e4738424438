/** Projectors on a real PostgreSQL. */
@NullMarked
package ingest.projection.kick;

import org.jspecify.annotations.NullMarked;
