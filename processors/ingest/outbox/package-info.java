/** The commit point: envelopes become outbox rows, and what is to be delivered of them. */
@NullMarked
package ingest.outbox;

import org.jspecify.annotations.NullMarked;
