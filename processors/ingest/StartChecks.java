package ingest;

import ingest.delivery.Targets;
import ingest.maintenance.Horizons;
import ingest.settings.Role;
import ingest.settings.SettingException;
import ingest.settings.Settings;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.quartz.CronExpression;

/** What has to hold before a process starts: one message for the first thing that does not. */
final class StartChecks {
  private final Settings settings;
  private final Set<Role> roles;

  StartChecks(Settings settings, Set<Role> roles) {
    this.settings = settings;
    this.roles = roles;
  }

  /**
   * Looks at settings alone, at no store.
   *
   * @throws SettingException when one is missing, unreadable or out of order
   */
  void hold() {
    requireSettings();
    refuseForeignSecrets();
    readable();
    leaseOutlastsRequest();
    Horizons.of(settings);
  }

  private void requireSettings() {
    List<String> missing =
        roles.stream()
            .flatMap(r -> r.needs().stream())
            .distinct()
            .filter(key -> !(key.equals("clickhouse.url") && !StartChecks.archive(settings)))
            .filter(key -> !settings.has(key))
            .map(Settings::variable)
            .toList();
    if (!missing.isEmpty()) {
      throw new SettingException(
          "role %s needs settings that are not set: %s. Set each as an environment variable or as a file of that name in SECRETS_DIR"
              .formatted(
                  roles.stream().map(Role::word).collect(Collectors.joining(",")),
                  String.join(", ", missing)));
    }
  }

  private void readable() {
    settings.port("http.port");
    settings.port("management.port");
    settings.requireKinds();
    if (roles.contains(Role.INGEST)) {
      settings.url("kick.api-url");
      settings.url("kick.oauth-url");
      String mode = settings.text("target.initial-mode");
      if (!Targets.MODES.contains(mode)) {
        throw settings.unreadable("target.initial-mode", mode, "off, paused or live");
      }
    }
    for (String key : settings.keys()) {
      if (key.endsWith(".cron") && !CronExpression.isValidExpression(settings.text(key))) {
        throw settings.unreadable(key, settings.text(key), "a Quartz cron expression");
      }
    }
  }

  /** An answer has to be settled within the lease, whatever the connect and the answer took. */
  private void leaseOutlastsRequest() {
    if (settings
            .duration("deliver.timeout")
            .multipliedBy(2)
            .compareTo(settings.duration("deliver.lease"))
        >= 0) {
      throw settings.unreadable(
          "deliver.timeout", settings.text("deliver.timeout"), "less than half of DELIVER_LEASE");
    }
  }

  /** The boundary between the roles of one image is their secrets; in production it is held. */
  private void refuseForeignSecrets() {
    if (!settings.find("ingest.env").orElse("").equals("production")) {
      return;
    }
    for (Role other : Role.values()) {
      for (String secret : other.secrets()) {
        if (!roles.contains(other) && settings.has(secret)) {
          throw new SettingException(
              "%s is a secret of role %s, which does not run here: take it from this process"
                  .formatted(Settings.variable(secret), other.word()));
        }
      }
    }
  }

  /** False for a run without ClickHouse. */
  static boolean archive(Settings settings) {
    return !settings.find("without.clickhouse").orElse("false").equals("true");
  }
}
