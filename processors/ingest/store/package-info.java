/** The stores of the shared tier, a type each, so that no statement runs against the wrong one. */
@NullMarked
package ingest.store;

import org.jspecify.annotations.NullMarked;
