/** The commit point on a real PostgreSQL. */
@NullMarked
package ingest.outbox;

import org.jspecify.annotations.NullMarked;
