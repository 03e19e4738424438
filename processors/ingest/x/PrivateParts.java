package ingest.x;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Direct messages in a body, and what comes with them. A body without any stays as it is, byte for
 * byte; another says in {@code left_out} what it has lost.
 */
final class PrivateParts {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  /** Members of the Account Activity API. */
  private static final String DIRECT_MESSAGES = "direct_message";

  /** Who wrote to whom, and with what; only direct messages come with them. */
  private static final Set<String> BESIDE = Set.of("users", "apps");

  /** Types of the X Activity API. */
  private static final Pattern TYPES = Pattern.compile("(dm|chat)\\..*", Pattern.DOTALL);

  /** What stays of an event of such a type. */
  private static final Set<String> STAYS = Set.of("event_uuid", "event_type");

  /** In what is not JSON nothing can be left out. */
  private static final Pattern TRACE = Pattern.compile("direct_message|dm\\.|chat\\.");

  private PrivateParts() {}

  static byte[] leftOut(byte[] body) {
    JsonNode json;
    try {
      json = JSON.readTree(body);
    } catch (IOException e) {
      String text = new String(body, StandardCharsets.ISO_8859_1).replace("\0", "");
      return TRACE.matcher(text).find() ? told(JsonNodeFactory.instance.objectNode(), "$") : body;
    }
    if (json.path("data") instanceof ObjectNode data
        && TYPES.matcher(data.path("event_type").asText()).matches()) {
      data.retain(STAYS);
      ObjectNode rest = JsonNodeFactory.instance.objectNode();
      rest.set("data", data);
      return told(rest, "data.payload");
    }
    Set<String> names = new TreeSet<>();
    json.fieldNames()
        .forEachRemaining(
            name -> {
              if (name.startsWith(DIRECT_MESSAGES)) {
                names.add(name);
              }
            });
    if (names.isEmpty() || !(json instanceof ObjectNode call)) {
      return body;
    }
    names.addAll(BESIDE.stream().filter(call::has).toList());
    return told(call.remove(names), names.toArray(String[]::new));
  }

  private static byte[] told(ObjectNode rest, String... names) {
    ArrayNode leftOut = rest.putArray("left_out");
    for (String name : names) {
      leftOut.add(name);
    }
    return rest.toString().getBytes(StandardCharsets.UTF_8);
  }
}
