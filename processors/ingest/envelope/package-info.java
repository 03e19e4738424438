/** The envelope: one CloudEvents 1.0 event, its identity and its limits. */
@NullMarked
package ingest.envelope;

import org.jspecify.annotations.NullMarked;
