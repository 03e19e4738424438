/** What the trust score says, in the environment's tables. */
@NullMarked
package ingest.projection.trust;

import org.jspecify.annotations.NullMarked;
