/** What X's calls become, beside the recorded ones. */
@NullMarked
package ingest.x;

import org.jspecify.annotations.NullMarked;
