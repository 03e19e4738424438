/** Kick: its answers and webhooks, mapped to envelopes. */
@NullMarked
package ingest.kick;

import org.jspecify.annotations.NullMarked;
