package ingest.trial;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.settings.Mask;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Holds a journal against what a route test expects.
 *
 * <p>Objects are compared by what the test names of them, lists whole. What went wrong unexpectedly
 * is a difference too, whatever else the test looks at.
 */
final class Comparison {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final RouteTest test;
  private final Telling telling;
  private final Mask mask;
  private final List<Difference> differences = new ArrayList<>();

  Comparison(RouteTest test, Mask mask) {
    this.test = test;
    this.mask = mask;
    this.telling = new Telling(mask);
  }

  List<Difference> of(Journal journal, GivenByTest given) {
    JsonNode expected = test.expected();
    journal.ended().ifPresent(why -> differ("", "the run came to its end", "an end", why));
    if (expected.has("calls")) {
      list("calls", calls(journal));
    }
    if (expected.has("envelopes")) {
      list("envelopes", envelopes(journal));
    }
    if (expected.has("effects")) {
      list("effects", effects(journal));
    }
    statements(journal);
    retries(journal);
    reply(journal);
    failures(journal);
    given
        .unused()
        .forEach(
            (at, what) ->
                differences.add(
                    new Difference(test.givenPlace(at), what, "all to be asked for", "not all")));
    return differences;
  }

  private static ArrayNode calls(Journal journal) {
    ArrayNode calls = NODES.arrayNode();
    for (Entry.Requested request : journal.all(Entry.Requested.class)) {
      if (!request.token()) {
        ObjectNode call = calls.addObject();
        call.put("step", request.step().id());
        call.put("method", request.method());
        call.put("url", request.url().replaceFirst("\\?.*", ""));
        call.set("query", query(request.url()));
        ObjectNode headers = call.putObject("headers");
        request.headers().forEach(headers::put);
      }
    }
    return calls;
  }

  private static ObjectNode query(String url) {
    ObjectNode query = NODES.objectNode();
    String raw = URI.create(url).getRawQuery();
    for (String pair : raw == null ? new String[0] : raw.split("&", -1)) {
      String[] parts = pair.split("=", 2);
      String value = parts.length == 1 ? "" : URLDecoder.decode(parts[1], StandardCharsets.UTF_8);
      JsonNode before = query.get(parts[0]);
      if (before == null) {
        query.put(parts[0], value);
      } else if (before instanceof ArrayNode several) {
        several.add(value);
      } else {
        query.putArray(parts[0]).add(before).add(value);
      }
    }
    return query;
  }

  private static ArrayNode envelopes(Journal journal) {
    ArrayNode envelopes = NODES.arrayNode();
    journal.all(Entry.Committed.class).stream()
        .flatMap(c -> c.events().stream())
        .forEach(e -> envelopes.add(e.json()));
    return envelopes;
  }

  private static ArrayNode effects(Journal journal) {
    ArrayNode effects = NODES.arrayNode();
    journal.all(Entry.Committed.class).forEach(c -> c.effects().forEach(effects::add));
    return effects;
  }

  /** Those that are named have to be among those that ran. */
  private void statements(Journal journal) {
    JsonNode expected = test.expected().path("statements");
    for (int i = 0; i < expected.size(); i++) {
      String step = expected.path(i).path("step").asText();
      Optional<Entry.Queried> ran =
          journal.all(Entry.Queried.class).stream()
              .filter(q -> q.step().id().equals(step))
              .findFirst();
      String at = "/statements/" + i;
      if (ran.isEmpty()) {
        differ(at, "statement " + step, "to run", "it did not run");
      } else {
        ObjectNode values = NODES.objectNode();
        ran.get().values().forEach(values::put);
        compare(at + "/values", step + " values", expected.path(i).path("values"), values);
      }
    }
  }

  private void retries(Journal journal) {
    JsonNode expected = test.expected().path("retries");
    if (!expected.isMissingNode()) {
      int tries = journal.all(Entry.Retried.class).size();
      compare("/retries", "further tries", expected, NODES.numberNode(tries));
    }
  }

  private void reply(Journal journal) {
    JsonNode expected = test.expected();
    Journal.Reply reply = journal.reply().orElse(new Journal.Reply(0, Map.of(), null));
    if (expected.has("status")) {
      compare("/status", "status", expected.path("status"), NODES.numberNode(reply.status()));
    }
    if (expected.has("headers")) {
      ObjectNode headers = NODES.objectNode();
      reply.headers().forEach(headers::put);
      compare("/headers", "headers", expected.path("headers"), headers);
    }
    if (expected.has("body")) {
      String body = reply.body() == null ? "" : reply.body();
      JsonNode wanted = expected.path("body");
      compare(
          "/body", "body", wanted, wanted.isContainerNode() ? json(body) : NODES.textNode(body));
    }
  }

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      return NODES.textNode(text);
    }
  }

  /** A refusal that the caller was told is expected with its status. */
  private void failures(Journal journal) {
    JsonNode expected = test.expected().path("failures");
    List<String> problems =
        journal.ended().isPresent()
            ? List.of()
            : telling.problems(journal).stream().map(String::strip).toList();
    boolean refused = test.expected().path("status").asInt(0) >= 400;
    if (expected.isMissingNode() && (refused || problems.isEmpty())) {
      return;
    }
    if (expected.size() != problems.size()) {
      differ("/failures", "failures", expected.size() + " of them", String.join("; ", problems));
      return;
    }
    for (int i = 0; i < problems.size(); i++) {
      String part = expected.path(i).asText();
      if (!problems.get(i).contains(part)) {
        differ("/failures/" + i, "failures[" + i + "]", "… " + part + " …", problems.get(i));
      }
    }
  }

  private void list(String name, ArrayNode actual) {
    compare("/" + name, name, test.expected().path(name), actual);
  }

  private void compare(String at, String what, JsonNode expected, JsonNode actual) {
    if (expected.isMissingNode()) {
      return;
    }
    if (expected.isObject() && expected.size() == 1 && expected.path("matches").isTextual()) {
      if (!actual.isValueNode() || !actual.asText().matches(expected.path("matches").asText())) {
        differ(at, what, "to match " + expected.path("matches").asText(), told(what, actual));
      }
    } else if (expected.isObject() && expected.size() == 1 && expected.path("absent").isBoolean()) {
      if (!actual.isMissingNode()) {
        differ(at, what, "to be absent", told(what, actual));
      }
    } else if (expected.isObject()) {
      for (Map.Entry<String, JsonNode> field : expected.properties()) {
        compare(
            at + "/" + field.getKey().replace("~", "~0").replace("/", "~1"),
            what + "." + field.getKey(),
            field.getValue(),
            at(actual, field.getKey()));
      }
    } else if (expected.isArray()) {
      if (actual.size() != expected.size() || !actual.isArray()) {
        differ(at, what, expected.size() + " of them", told(what, actual));
        return;
      }
      for (int i = 0; i < expected.size(); i++) {
        compare(at + "/" + i, what + "[" + i + "]", expected.get(i), actual.get(i));
      }
    } else if (!same(expected, actual)) {
      differ(at, what, expected.asText(), told(what, actual));
    }
  }

  /**
   * The field of this name, else what its path leads to: {@code data.viewer_count}, {@code tags.0}.
   */
  private static JsonNode at(JsonNode actual, String key) {
    if (actual.has(key)) {
      return actual.get(key);
    }
    for (Map.Entry<String, JsonNode> field : actual.properties()) {
      if (field.getKey().equalsIgnoreCase(key)) {
        return field.getValue(); // a header
      }
    }
    JsonNode at = actual;
    for (String part : key.split("\\.", -1)) {
      at =
          at.isArray() && part.matches("[0-9]{1,4}")
              ? at.path(Integer.parseInt(part))
              : at.path(part);
    }
    return at;
  }

  private static boolean same(JsonNode expected, JsonNode actual) {
    if (actual instanceof MissingNode || actual.isContainerNode()) {
      return false;
    }
    if (expected.isNumber() && actual.isNumber()) {
      return expected.decimalValue().compareTo(actual.decimalValue()) == 0;
    }
    return expected.isNull() == actual.isNull() && expected.asText().equals(actual.asText());
  }

  private String told(String what, JsonNode actual) {
    if (actual.isMissingNode()) {
      return "absent";
    }
    if (actual.isArray()) {
      return actual.size()
          + " of them"
          + (actual.isEmpty() ? "" : ": " + mask.text(actual.toString()));
    }
    return mask.header(what, actual.isValueNode() ? actual.asText() : actual.toString());
  }

  private void differ(String at, String what, String expected, String actual) {
    differences.add(new Difference(test.place(at), what, expected, actual));
  }
}
