/** What callers are told. */
@NullMarked
package ingest.errors;

import org.jspecify.annotations.NullMarked;
