package ingest.cli.doctor;

import ingest.settings.Role;
import ingest.settings.SettingException;
import ingest.settings.Settings;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Set;
import java.util.function.Consumer;

/** The ClickHouse server, where one is set: reachable, and with a user of just these rights. */
final class ClickHouseCheck implements Doctor.Check {
  /**
   * By this header a server tells its name; the embedded engine, which has one user, tells this.
   */
  private static final String NAME = "X-ClickHouse-Server-Display-Name";

  private static final String EMBEDDED = "embedded";

  private final Settings settings;
  private final Probe probe;
  private final Set<Role> roles;

  ClickHouseCheck(Settings settings, Probe probe, Set<Role> roles) {
    this.settings = settings;
    this.probe = probe;
    this.roles = roles;
  }

  @Override
  public void examine(Consumer<Finding> told) {
    settings.find("clickhouse.url").ifPresent(url -> examine(url, told));
  }

  private void examine(String url, Consumer<Finding> told) {
    URI address;
    try {
      address = Probe.address("clickhouse.url", http(url));
    } catch (SettingException e) {
      told.accept(Doctor.unreadable("CLICKHOUSE_URL", e));
      return;
    }
    String what = "CLICKHOUSE_URL " + Probe.shown(address);
    URI base =
        URI.create(
            address.getScheme()
                + "://"
                + address.getHost()
                + (address.getPort() < 0 ? "" : ":" + address.getPort())
                + "/");
    try {
      HttpResponse<String> ping = probe.get(base.resolve("ping"));
      if (ping.statusCode() != 200 || !ping.body().strip().equals("Ok.")) {
        told.accept(
            Finding.fail(
                what,
                "what answers is no ClickHouse (HTTP %d at /ping)".formatted(ping.statusCode()),
                "give the address of its HTTP interface, usually port 8123"));
        return;
      }
      HttpResponse<String> version = ask(base, address, "SELECT version()");
      if (version.statusCode() != 200) {
        told.accept(
            Finding.fail(
                what,
                "it runs and refuses a query (HTTP %d)".formatted(version.statusCode()),
                "check the user and password in CLICKHOUSE_URL"));
        return;
      }
      told.accept(Finding.ok(what, "ClickHouse " + version.body().strip()));
      boolean users = !version.headers().firstValue(NAME).orElse("").equals(EMBEDDED);
      rights(base, address, what, users, told);
    } catch (IOException e) {
      told.accept(
          Finding.fail(
              what,
              "no answer: " + e.getMessage(),
              "check that it runs and is reachable from here"));
    }
  }

  private void rights(URI base, URI address, String what, boolean users, Consumer<Finding> told) {
    ClickHouseRights.Server server =
        statement -> {
          HttpResponse<String> answer = ask(base, address, statement);
          if (answer.statusCode() != 200) {
            throw new IOException("HTTP " + answer.statusCode());
          }
          return answer.body();
        };
    try {
      new ClickHouseRights(server, what, told).examine(roles, users);
    } catch (IOException e) {
      told.accept(
          Finding.warn(
              what,
              "it does not tell what its user may do: " + e.getMessage(),
              "compare SHOW GRANTS with clickhouse/users/users.sql"));
    }
  }

  private HttpResponse<String> ask(URI base, URI address, String statement) throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(base).POST(BodyPublishers.ofString(statement));
    if (address.getUserInfo() != null) {
      request.header(
          "Authorization",
          "Basic "
              + Base64.getEncoder()
                  .encodeToString(address.getUserInfo().getBytes(StandardCharsets.UTF_8)));
    }
    return probe.send(request);
  }

  /** The driver's spellings of an HTTP address. */
  private static String http(String url) {
    return url.replaceFirst("^jdbc:(ch|clickhouse):", "")
        .replaceFirst("^(ch|clickhouse)://", "http://")
        .replaceFirst("^//", "http://");
  }
}
