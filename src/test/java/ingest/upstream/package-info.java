/** What pollers share. */
@NullMarked
package ingest.upstream;

import org.jspecify.annotations.NullMarked;
