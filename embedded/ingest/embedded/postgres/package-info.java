/** A PostgreSQL of our own below the data folder, as durable as a real one. */
@NullMarked
package ingest.embedded.postgres;

import org.jspecify.annotations.NullMarked;
