/** A window of the archive, sent to one target again. */
@NullMarked
package ingest.replay;

import org.jspecify.annotations.NullMarked;
