package ingest.cli.doctor;

import ingest.settings.Role;
import ingest.settings.SettingException;
import ingest.settings.Settings;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Looks at everything a run needs, one thing after the other; what it cannot look at is a finding.
 */
public final class Doctor {
  /** Some findings about one area. */
  interface Check {
    void examine(Consumer<Finding> told);
  }

  private final Path root;
  private final boolean embedded;

  /**
   * Looks at nothing yet.
   *
   * @param root where relative folders start
   * @param embedded whether this build brings stores and upstreams along
   */
  public Doctor(Path root, boolean embedded) {
    this.root = root;
    this.embedded = embedded;
  }

  /** Tells each finding as soon as it is one. */
  public void examine(Supplier<Settings> source, Consumer<Finding> told) {
    told.accept(JavaCheck.finding());
    Settings settings;
    Set<Role> roles;
    EmbeddedParts parts;
    try {
      settings = source.get();
      roles = Role.of(settings);
      parts = new EmbeddedParts(settings, embedded);
    } catch (SettingException e) {
      told.accept(unreadable("settings", e));
      return;
    }
    Probe probe = new Probe();
    List.of(
            new RoleCheck(settings, roles, parts),
            new TypesCheck(root),
            new HorizonsCheck(settings),
            new EngineCheck(settings, root, parts),
            new DataFolderCheck(settings, root, parts),
            new PortCheck(settings, probe, parts),
            new PostgresCheck(settings, roles),
            new ClickHouseCheck(settings, probe, roles),
            new KickCheck(settings, probe, roles, parts),
            new TargetCheck(settings, probe, roles, parts))
        .forEach(check -> examine(check, told));
  }

  private static void examine(Check check, Consumer<Finding> told) {
    try {
      check.examine(told);
    } catch (SettingException e) {
      told.accept(unreadable("settings", e));
    }
  }

  /** The message of a setting says the way out itself. */
  static Finding unreadable(String what, SettingException e) {
    return new Finding(Finding.Level.FAIL, what, String.valueOf(e.getMessage()), null);
  }
}
