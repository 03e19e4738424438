package ingest.operation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A row of {@code ingest.operation}, as it was read.
 *
 * @param done of {@code total}, which is null while nobody knows it; what is counted is its kind's
 * @param error why it failed, or what its last try ended by
 */
public record Operation(
    long id,
    String kind,
    JsonNode request,
    String state,
    long done,
    @Nullable Long total,
    ObjectNode counts,
    @Nullable Integer rate,
    @Nullable String error,
    String who,
    String why,
    @Nullable String cancelledBy,
    Instant createdAt,
    @Nullable Instant startedAt,
    @Nullable Instant progressedAt,
    @Nullable Instant endedAt) {

  /** The kinds that there are; each is a route {@code direct:<kind>}. */
  public static final List<String> KINDS =
      List.of("replay", "rebuild", "requeue", "abandon", "mend", "erase");

  /** True when nothing more of it will be done unless somebody resumes it. */
  public boolean ended() {
    return endedAt != null;
  }
}
