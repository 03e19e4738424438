/** The export of chat from ClickHouse into objects that outlive it. */
@NullMarked
package ingest.export;

import org.jspecify.annotations.NullMarked;
