package ingest.outbox;

import java.util.Set;
import java.util.UUID;

/**
 * The outcome of a commit for the events of its intake: both kinds are accepted.
 *
 * @param fresh events that are in the outbox by this commit
 * @param duplicates events that an earlier commit brought
 */
public record Committed(Set<UUID> fresh, Set<UUID> duplicates) {}
