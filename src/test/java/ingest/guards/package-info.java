/** What the build refuses: conventions and boundaries that no compiler holds. */
@NullMarked
package ingest.guards;

import org.jspecify.annotations.NullMarked;
