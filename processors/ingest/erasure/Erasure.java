package ingest.erasure;

import java.time.Instant;

/**
 * A row of {@code ingest.erasure} that has not ended.
 *
 * @param until what happened until then is erased
 */
record Erasure(long id, Person person, Instant until, boolean dryRun, Instant createdAt) {}
