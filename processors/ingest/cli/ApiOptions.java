package ingest.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.settings.Settings;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The options of every command that asks a running ingest. */
final class ApiOptions {
  @Option(
      names = "--url",
      paramLabel = "URL",
      scope = ScopeType.INHERIT,
      description =
          "The management port of a running ingest; else INGEST_URL, else this machine's.")
  private @Nullable String url;

  @Option(
      names = "--token",
      paramLabel = "TOKEN",
      scope = ScopeType.INHERIT,
      description =
          "Of ADMIN_TOKENS; better INGEST_TOKEN, which no process list shows. Not needed on loopback without ADMIN_TOKENS.")
  private @Nullable String token;

  @Option(
      names = "--json",
      scope = ScopeType.INHERIT,
      description = "Print JSON: indented on a terminal, else on one line.")
  private boolean json;

  private final Supplier<Settings> settings;
  private final Surroundings around;

  ApiOptions(Supplier<Settings> settings, Surroundings around) {
    this.settings = settings;
    this.around = around;
  }

  boolean json() {
    return json;
  }

  AdminApi connect() {
    Settings known = settings.get();
    String address = url == null ? known.find("ingest.url").orElse(null) : url;
    String secret = token == null ? known.find("ingest.token").orElse(null) : token;
    if (secret != null && !secret.matches("[\\x21-\\x7e]+")) {
      throw new CommandFailure.Misuse("the token holds characters that no token has");
    }
    return new AdminApi(
        address == null ? "http://127.0.0.1:" + known.port("management.port") : checked(address),
        secret);
  }

  /** A password in an address would be shown with it. */
  private static String checked(String address) {
    try {
      URI uri = URI.create(address);
      if (("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))
          && uri.getHost() != null
          && uri.getUserInfo() == null
          && uri.getQuery() == null) {
        return address.replaceAll("/+$", "");
      }
    } catch (IllegalArgumentException e) {
      // told below, without the address: whoever mistypes may have pasted a secret
    }
    throw new CommandFailure.Misuse(
        "--url or INGEST_URL is no address such as http://127.0.0.1:9876 (a token goes into --token)");
  }

  /** Whom the audit names, and why. */
  ObjectNode audited(@Nullable String why) {
    ObjectNode body = JsonNodeFactory.instance.objectNode().put("who", who());
    return why == null ? body : body.put("why", why);
  }

  private static String who() {
    String host;
    try {
      host = InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      host = "unknown";
    }
    return System.getProperty("user.name") + "@" + host;
  }

  void printJson(JsonNode answer) {
    Json.print(answer, around);
  }
}
