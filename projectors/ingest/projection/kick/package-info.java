/** Projectors of what Kick reports. */
@NullMarked
package ingest.projection.kick;

import org.jspecify.annotations.NullMarked;
