package ingest.upstream;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A row of {@code dm.upstream}: how all instances together stand with an upstream.
 *
 * @param nextAt no call before that
 * @param calls of this day in UTC
 * @param credits reckoned or spent, of this day in UTC
 * @param limit what the upstream said that it allows until {@code resetsAt}
 * @param remaining what it said is left of that, less the calls permitted since
 * @param pausedUntil as it asked for, or because it answered 429
 * @param failures failed calls in a row
 * @param openUntil nobody calls before that; then one probes
 */
public record Standing(
    String upstream,
    Instant nextAt,
    int calls,
    long credits,
    @Nullable Integer limit,
    @Nullable Long remaining,
    @Nullable Instant resetsAt,
    @Nullable Instant pausedUntil,
    @Nullable String pausedWhy,
    int failures,
    @Nullable Instant openUntil) {}
