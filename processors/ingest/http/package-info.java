/** What HTTP headers say, to whoever calls a server: pollers and deliveries alike. */
@NullMarked
package ingest.http;

import org.jspecify.annotations.NullMarked;
