/** What an event says, as rows. Knows envelopes and SQL; no HTTP, no Camel, no outbox. */
@NullMarked
package ingest.projection;

import org.jspecify.annotations.NullMarked;
