/** What keeps the stores from growing. */
@NullMarked
package ingest.maintenance;

import org.jspecify.annotations.NullMarked;
