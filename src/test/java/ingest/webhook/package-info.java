/** Tests of the calls of third parties. */
@NullMarked
package ingest.webhook;

import org.jspecify.annotations.NullMarked;
