/** What pollers share. */
@NullMarked
package ingest.poll;

import org.jspecify.annotations.NullMarked;
