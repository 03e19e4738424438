/** The stores and upstreams of production on one machine, for a laptop; absent from the image. */
@NullMarked
package ingest.embedded;

import org.jspecify.annotations.NullMarked;
