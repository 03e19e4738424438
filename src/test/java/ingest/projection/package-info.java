/** From webhooks to the rows of an environment. */
@NullMarked
package ingest.projection;

import org.jspecify.annotations.NullMarked;
