package ingest.guards;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;

/**
 * An endpoint as a route names it, however it is spelled.
 *
 * @param path what stands between the scheme and the parameters
 */
record Endpoint(String scheme, String path) {
  /** Steps that may be written as {@code step: uri}. */
  static final Set<String> SENDING = Set.of("to", "toD", "poll");

  /** Reads {@code uri}, or {@code {uri: …, parameters: …}} where designers put the path too. */
  static Endpoint of(JsonNode node) {
    String uri = node.isTextual() ? node.textValue() : node.path("uri").asText();
    int colon = uri.indexOf(':');
    if (colon >= 0) {
      return new Endpoint(
          uri.substring(0, colon), uri.substring(colon + 1).replaceFirst("\\?.*", ""));
    }
    JsonNode parameters = node.path("parameters");
    String path =
        switch (uri) {
          case "direct" -> parameters.path("name").asText();
          case "platform-http" -> parameters.path("path").asText();
          case "quartz" ->
              parameters.path("groupName").asText() + "/" + parameters.path("triggerName").asText();
          case "sql" -> parameters.path("query").asText();
          default -> "";
        };
    return new Endpoint(uri, path);
  }

  /** True for what answers HTTP requests: on the open port, or on the management port. */
  boolean isServed() {
    return is("platform-http") || is("management");
  }

  /** True for a call of another server; the addresses of upstreams are placeholders. */
  boolean isHttpCall() {
    return is("http") || is("https") || scheme.startsWith("{{");
  }

  boolean is(String wanted) {
    return scheme.equals(wanted);
  }

  @Override
  public String toString() {
    return scheme + ":" + path;
  }
}
