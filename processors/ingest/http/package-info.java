/**
 * HTTP as a server and as what headers say: the public port with its bounds, whose requests run
 * asynchronously through routes, and what callers of other servers share.
 */
@NullMarked
package ingest.http;

import org.jspecify.annotations.NullMarked;
