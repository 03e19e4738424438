/** An environment's side: verify, dedupe and project in one transaction, answer per event. */
@NullMarked
package ingest.consumer;

import org.jspecify.annotations.NullMarked;
