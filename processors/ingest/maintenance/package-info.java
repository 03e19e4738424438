/** What keeps the stores from growing without end, and loses nothing by it. */
@NullMarked
package ingest.maintenance;

import org.jspecify.annotations.NullMarked;
