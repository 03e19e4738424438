/** From the outbox to the targets: a lane each, that claims, sends and settles. */
@NullMarked
package ingest.delivery;

import org.jspecify.annotations.NullMarked;
