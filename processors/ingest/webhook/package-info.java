/**
 * Calls of third parties: verified over their raw bytes, mapped to events, committed, and only then
 * answered. Nothing of a call is parsed before its signature holds.
 */
@NullMarked
package ingest.webhook;

import org.jspecify.annotations.NullMarked;
