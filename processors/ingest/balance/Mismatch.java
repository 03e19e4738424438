package ingest.balance;

import java.util.List;
import java.util.UUID;

/**
 * Events of one hour for which a target and the outbox do not agree.
 *
 * @param ids all of them
 */
public record Mismatch(String target, Kind kind, Repair repair, List<UUID> ids) {}
