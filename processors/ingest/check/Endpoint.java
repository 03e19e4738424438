package ingest.check;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.Set;
import java.util.stream.Stream;

/**
 * An endpoint as a route names it, however it is spelled.
 *
 * @param pointer to what names it
 * @param step what it is named for: {@code from}, {@code to}, ...
 * @param uri with the query, if there is one
 * @param parameters beside the uri; missing where there are none
 */
record Endpoint(String pointer, String step, String uri, JsonNode parameters) {
  /** Steps that may be written as {@code step: uri}. */
  private static final Set<String> SHORT = Set.of("to", "toD", "poll", "deadLetterUri");

  /** Steps whose uri is a pattern of others. */
  private static final Set<String> PATTERNS = Set.of("interceptFrom", "interceptSendToEndpoint");

  static boolean isNamedBy(String step, JsonNode node) {
    return !PATTERNS.contains(step)
        && ((SHORT.contains(step) && node.isTextual()) || node.path("uri").isTextual());
  }

  /** Reads {@code uri}, or {@code {uri: …, parameters: …}} where designers put the path too. */
  static Endpoint of(String pointer, String step, JsonNode node) {
    return node.isTextual()
        ? new Endpoint(pointer, step, node.textValue(), MissingNode.getInstance())
        : new Endpoint(pointer + "/uri", step, node.path("uri").asText(), node.path("parameters"));
  }

  /** Where a parameter stands: beside the uri, or within it. */
  String pointer(String parameter) {
    return parameters.has(parameter)
        ? pointer.substring(0, pointer.lastIndexOf('/')) + "/parameters/" + parameter
        : pointer;
  }

  /** An option as it is written, beside the uri or within it; empty where it is not. */
  String option(String name) {
    if (parameters.has(name)) {
      return parameters.path(name).asText();
    }
    String query = uri.contains("?") ? uri.substring(uri.indexOf('?') + 1) : "";
    return Stream.of(query.split("&"))
        .filter(o -> o.startsWith(name + "="))
        .map(o -> o.substring(name.length() + 1))
        .findFirst()
        .orElse("");
  }

  String scheme() {
    int colon = uri.indexOf(':');
    return colon < 0 ? uri : uri.substring(0, colon);
  }

  /** What stands between the scheme and the parameters. */
  String path() {
    int colon = uri.indexOf(':');
    if (colon >= 0) {
      return uri.substring(colon + 1).replaceFirst("\\?.*", "");
    }
    return switch (uri) {
      case "direct" -> parameters.path("name").asText();
      case "platform-http", "management" -> parameters.path("path").asText();
      case "quartz" ->
          parameters.path("groupName").asText() + "/" + parameters.path("triggerName").asText();
      case "sql" -> parameters.path("query").asText();
      case "bean" -> parameters.path("beanName").asText();
      case "timer" -> parameters.path("timerName").asText();
      default -> "";
    };
  }

  /** True for what answers HTTP requests: on the open port, or on the management port. */
  boolean isServed() {
    return is("platform-http") || is("management");
  }

  /** True for a call of another server; the addresses of upstreams are placeholders. */
  boolean isHttpCall() {
    return is("http") || is("https") || uri.startsWith("{{");
  }

  boolean is(String wanted) {
    return scheme().equals(wanted);
  }

  @Override
  public String toString() {
    return scheme() + ":" + path();
  }
}
