package ingest.cli.doctor;

import ingest.settings.Role;
import ingest.settings.Settings;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** The settings that the roles of this process cannot start without. */
final class RoleCheck implements Doctor.Check {
  private final Settings settings;
  private final Set<Role> roles;
  private final EmbeddedParts parts;

  RoleCheck(Settings settings, Set<Role> roles, EmbeddedParts parts) {
    this.settings = settings;
    this.roles = roles;
    this.parts = parts;
  }

  @Override
  public void examine(Consumer<Finding> told) {
    for (Role role : roles) {
      List<String> missing =
          role.needs().stream()
              .filter(key -> !settings.has(key) && !parts.bring(key))
              .map(Settings::variable)
              .toList();
      String what = "role " + role.word();
      told.accept(
          missing.isEmpty()
              ? Finding.ok(what, "has the settings it needs")
              : Finding.fail(
                  what,
                  "needs " + String.join(", ", missing),
                  "set the variable, or a file of its name in SECRETS_DIR"));
    }
  }
}
