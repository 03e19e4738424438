package ingest.embedded.simulator;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A broadcast as one look at it shows it.
 *
 * @param tags empty when the broadcaster set none; the field is then left out of answers
 * @param viewers empty when the broadcaster hides the count; the field is then left out of answers
 */
public record Livestream(
    Instant startedAt,
    String title,
    int categoryId,
    String category,
    String language,
    boolean mature,
    Optional<List<String>> tags,
    OptionalInt viewers) {}
