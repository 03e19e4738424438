/** An environment's transaction on a real PostgreSQL. */
@NullMarked
package ingest.consumer;

import org.jspecify.annotations.NullMarked;
