package ingest.cli.doctor;

import ingest.settings.Role;
import ingest.settings.SettingException;
import ingest.settings.Settings;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.function.Consumer;

/** Whether Kick knows the poller's credentials; that they are there is a need of the role. */
final class KickCheck implements Doctor.Check {
  private final Settings settings;
  private final Probe probe;
  private final Set<Role> roles;
  private final EmbeddedParts parts;

  KickCheck(Settings settings, Probe probe, Set<Role> roles, EmbeddedParts parts) {
    this.settings = settings;
    this.probe = probe;
    this.roles = roles;
    this.parts = parts;
  }

  @Override
  public void examine(Consumer<Finding> told) {
    if (!roles.contains(Role.INGEST)) {
      return;
    }
    if (parts.simulator()) {
      told.accept(Finding.ok("Kick", "no credentials are set: a run brings the simulator"));
    } else if (settings.has("kick.client-id") && settings.has("kick.client-secret")) {
      told.accept(token());
    }
  }

  private Finding token() {
    URI address;
    try {
      String base = settings.text("kick.oauth-url");
      address = Probe.address("kick.oauth-url", base.replaceAll("/+$", "").concat("/oauth/token"));
    } catch (SettingException e) {
      return Doctor.unreadable("Kick", e);
    }
    String what = "Kick " + Probe.shown(address);
    try {
      String form =
          "grant_type=client_credentials&client_id=%s&client_secret=%s"
              .formatted(encoded("kick.client-id"), encoded("kick.client-secret"));
      int status =
          probe
              .send(
                  HttpRequest.newBuilder(address)
                      .header("Content-Type", "application/x-www-form-urlencoded")
                      .POST(BodyPublishers.ofString(form)))
              .statusCode();
      return status == 200
          ? Finding.ok(what, "gives a token")
          : Finding.fail(
              what,
              "gives no token (HTTP %d)".formatted(status),
              "check KICK_CLIENT_ID and KICK_CLIENT_SECRET");
    } catch (IOException e) {
      return Finding.fail(
          what, "no answer: " + e.getMessage(), "check KICK_OAUTH_URL and the way out of here");
    }
  }

  private String encoded(String key) {
    return URLEncoder.encode(settings.text(key), StandardCharsets.UTF_8);
  }
}
