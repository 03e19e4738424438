/**
 * Calls over HTTP as many clients make them, for what measures and what breaks the public port. It
 * knows nothing of the product.
 */
@NullMarked
package ingest.load;

import org.jspecify.annotations.NullMarked;
