/** One run of a route with the commit replaced by a record: behind {@code try} and route tests. */
@NullMarked
package ingest.trial;

import org.jspecify.annotations.NullMarked;
