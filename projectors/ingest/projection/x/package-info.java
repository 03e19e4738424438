/** What X says, in the environment's tables. */
@NullMarked
package ingest.projection.x;

import org.jspecify.annotations.NullMarked;
