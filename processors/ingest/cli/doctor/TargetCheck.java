package ingest.cli.doctor;

import ingest.settings.Role;
import ingest.settings.SettingException;
import ingest.settings.Settings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** The way to the environments: address and secret of each, and that it asks for a signature. */
final class TargetCheck implements Doctor.Check {
  private static final int LEAST_BYTES = 24;
  private static final String NEW_SECRET =
      "make one with `echo whsec_$(openssl rand -base64 32)`, the same on both sides";

  private final Settings settings;
  private final Probe probe;
  private final Set<Role> roles;
  private final EmbeddedParts parts;

  TargetCheck(Settings settings, Probe probe, Set<Role> roles, EmbeddedParts parts) {
    this.settings = settings;
    this.probe = probe;
    this.roles = roles;
    this.parts = parts;
  }

  @Override
  public void examine(Consumer<Finding> told) {
    if (roles.contains(Role.INGEST)) {
      for (String name : settings.list("ingest.target-envs")) {
        boolean own = name.equals("stage") && parts.deliverySecret();
        told.accept(secret(name + ".delivery-secret", own));
        told.accept(answer(name + ".internal-events-url"));
      }
    }
    String own = "ingest.delivery-secret";
    if (roles.contains(Role.ENV) && (settings.has(own) || parts.deliverySecret())) {
      told.accept(secret(own, parts.deliverySecret()));
    }
  }

  /** Several may be active, with commas between. */
  private Finding secret(String key, boolean made) {
    String variable = Settings.variable(key);
    if (made) {
      return Finding.ok(variable, "not set: a run makes one in DATA_DIR");
    }
    List<String> secrets = settings.list(key);
    if (secrets.isEmpty()) {
      return Finding.fail(variable, "is not set", NEW_SECRET);
    }
    for (String secret : secrets) {
      if (!secret.startsWith("whsec_")) {
        return Finding.fail(variable, "does not begin with whsec_", NEW_SECRET);
      }
      try {
        int bytes = Base64.getDecoder().decode(secret.substring("whsec_".length())).length;
        if (bytes < LEAST_BYTES) {
          return Finding.fail(
              variable, "has %d bytes, fewer than %d".formatted(bytes, LEAST_BYTES), NEW_SECRET);
        }
      } catch (IllegalArgumentException e) {
        return Finding.fail(variable, "is not base64 after whsec_", NEW_SECRET);
      }
    }
    return Finding.ok(variable, "well formed");
  }

  private Finding answer(String key) {
    String variable = Settings.variable(key);
    if (!settings.has(key)) {
      return Finding.fail(
          variable, "is not set", "set it to https://<environment>/internal/events");
    }
    URI address;
    try {
      address = Probe.address(key, settings.text(key).replaceAll("/+$", ""));
    } catch (SettingException e) {
      return Doctor.unreadable(variable, e);
    }
    String what = variable + " " + Probe.shown(address);
    try {
      int status = probe.get(URI.create(address + "/types")).statusCode();
      return switch (status) {
        case 401 -> Finding.ok(what, "answers, and asks for a signature");
        case 200 ->
            Finding.fail(
                what,
                "answers without a signature",
                "anyone can write there: check what stands at this address");
        default ->
            Finding.fail(
                what,
                "no consumer answers (HTTP %d)".formatted(status),
                "check the address; it ends in /internal/events");
      };
    } catch (IOException e) {
      String finding = "no answer: " + e.getMessage();
      return loopback(address)
          ? Finding.warn(what, finding, "start the environment on this machine")
          : Finding.fail(what, finding, "check that it runs and is reachable from here");
    }
  }

  private static boolean loopback(URI address) {
    try {
      return InetAddress.getByName(address.getHost()).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }
}
