/** Edits of what runs. */
@NullMarked
package ingest.reload;

import org.jspecify.annotations.NullMarked;
