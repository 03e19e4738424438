package ingest.rebuild;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An operation of the kind {@code rebuild}, as its row keeps it: history is given, or what came of
 * it is swapped in.
 *
 * @param rebuild the environment's name for it, which is known before the environment is asked
 * @param table for the first alone
 * @param from of history; null: all that the archive keeps
 * @param lose for the second alone: rows that may go
 */
public record RebuildRequest(
    Step step, String target, UUID rebuild, String table, @Nullable Instant from, long lose) {

  /** What is done. */
  public enum Step {
    fill,
    swap
  }

  static RebuildRequest fill(String target, String table, @Nullable Instant from) {
    return new RebuildRequest(Step.fill, target, UUID.randomUUID(), table, from, 0);
  }

  RebuildRequest swap(long lose) {
    return new RebuildRequest(Step.swap, target, rebuild, table, from, lose);
  }

  static RebuildRequest of(JsonNode json) {
    String from = json.path("from").asText("");
    return new RebuildRequest(
        Step.valueOf(json.path("step").asText()),
        json.path("target").asText(),
        UUID.fromString(json.path("rebuild").asText()),
        json.path("table").asText(),
        from.isEmpty() ? null : Instant.parse(from),
        json.path("lose").asLong());
  }

  ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("step", step.name()).put("target", target).put("rebuild", rebuild.toString());
    json.put("table", table);
    if (from != null) {
      json.put("from", from.toString());
    }
    return step == Step.swap ? json.put("lose", lose) : json;
  }
}
