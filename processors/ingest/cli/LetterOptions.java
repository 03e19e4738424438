package ingest.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which events are meant: those for which all hold that is given. */
final class LetterOptions {
  @Option(names = "--target", paramLabel = "NAME", description = "Of this target.")
  private @Nullable String target;

  @Option(
      names = "--type",
      paramLabel = "TYPE",
      description = "Of this type; kick.livestream.* means every type below kick.livestream.")
  private @Nullable String type;

  @Option(
      names = "--fingerprint",
      paramLabel = "CAUSE",
      description = "That died of this cause, as the groups show it.")
  private @Nullable String fingerprint;

  @Option(names = "--subject", paramLabel = "SUBJECT", description = "About this subject.")
  private @Nullable String subject;

  @Option(
      names = "--from",
      paramLabel = "DAY",
      description = "Committed on this UTC day or later: 2026-11-19.")
  private @Nullable LocalDate from;

  @Option(names = "--to", paramLabel = "DAY", description = "Committed on this UTC day or before.")
  private @Nullable LocalDate to;

  @Option(names = "--event", paramLabel = "ID", description = "This event.")
  private @Nullable String event;

  /** Into a request. */
  ObjectNode put(ObjectNode request) {
    put(request, "target", target);
    put(request, "type", type);
    put(request, "fingerprint", fingerprint);
    put(request, "subject", subject);
    put(request, "from", from);
    put(request, "to", to);
    put(request, "event", event);
    return request;
  }

  private static void put(ObjectNode request, String field, @Nullable Object value) {
    if (value != null) {
      request.put(field, value.toString());
    }
  }

  /** A request's fields as a query, such as {@code ?target=stage}; empty where there is none. */
  static String query(ObjectNode request) {
    String fields =
        request.properties().stream().map(LetterOptions::field).collect(Collectors.joining("&"));
    return fields.isEmpty() ? "" : "?" + fields;
  }

  private static String field(Map.Entry<String, JsonNode> field) {
    return field.getKey()
        + "="
        + URLEncoder.encode(
            field.getValue().isValueNode()
                ? field.getValue().asText()
                : field.getValue().toString(),
            StandardCharsets.UTF_8);
  }
}
