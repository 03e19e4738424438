package ingest.balance;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * What a look at an hour found.
 *
 * @param events accepted with ids of the hour
 * @param targets those that were held against it and answered
 * @param unasked by target, why it could not be asked
 */
record Look(
    Instant hour,
    long events,
    List<String> targets,
    List<Mismatch> mismatches,
    Map<String, String> unasked) {}
