package ingest.cli.doctor;

import ingest.settings.SettingException;
import ingest.settings.Settings;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.function.Consumer;

/** The ClickHouse server, where one is set. */
final class ClickHouseCheck implements Doctor.Check {
  private final Settings settings;
  private final Probe probe;

  ClickHouseCheck(Settings settings, Probe probe) {
    this.settings = settings;
    this.probe = probe;
  }

  @Override
  public void examine(Consumer<Finding> told) {
    settings.find("clickhouse.url").ifPresent(url -> told.accept(finding(url)));
  }

  private Finding finding(String url) {
    URI address;
    try {
      address = Probe.address("clickhouse.url", http(url));
    } catch (SettingException e) {
      return Doctor.unreadable("CLICKHOUSE_URL", e);
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
        return Finding.fail(
            what,
            "what answers is no ClickHouse (HTTP %d at /ping)".formatted(ping.statusCode()),
            "give the address of its HTTP interface, usually port 8123");
      }
      HttpRequest.Builder version =
          HttpRequest.newBuilder(base).POST(BodyPublishers.ofString("SELECT version()"));
      if (address.getUserInfo() != null) {
        version.header(
            "Authorization",
            "Basic "
                + Base64.getEncoder()
                    .encodeToString(address.getUserInfo().getBytes(StandardCharsets.UTF_8)));
      }
      HttpResponse<String> answer = probe.send(version);
      return answer.statusCode() == 200
          ? Finding.ok(what, "ClickHouse " + answer.body().strip())
          : Finding.fail(
              what,
              "it runs and refuses a query (HTTP %d)".formatted(answer.statusCode()),
              "check the user and password in CLICKHOUSE_URL");
    } catch (IOException e) {
      return Finding.fail(
          what, "no answer: " + e.getMessage(), "check that it runs and is reachable from here");
    }
  }

  /** The driver's spellings of an HTTP address. */
  private static String http(String url) {
    return url.replaceFirst("^jdbc:(ch|clickhouse):", "")
        .replaceFirst("^(ch|clickhouse)://", "http://")
        .replaceFirst("^//", "http://");
  }
}
