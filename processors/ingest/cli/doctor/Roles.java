package ingest.cli.doctor;

import ingest.settings.Settings;
import java.util.List;

/** What this process is going to be. */
final class Roles {
  private Roles() {}

  /** {@code all} and no role at all are every role. */
  static boolean has(Settings settings, String role) {
    List<String> roles = settings.list("ingest.role");
    return roles.isEmpty() || roles.contains("all") || roles.contains(role);
  }
}
