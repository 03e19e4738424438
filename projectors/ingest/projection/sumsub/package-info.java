/** Projectors of what Sumsub says of applicants. */
@NullMarked
package ingest.projection.sumsub;

import org.jspecify.annotations.NullMarked;
