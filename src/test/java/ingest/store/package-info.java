/** A PostgreSQL for the tests, and the stores' own. */
@NullMarked
package ingest.store;

import org.jspecify.annotations.NullMarked;
