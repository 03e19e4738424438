/** Claims, requests and settlements on a real PostgreSQL, against a real HTTP receiver. */
@NullMarked
package ingest.delivery;

import org.jspecify.annotations.NullMarked;
