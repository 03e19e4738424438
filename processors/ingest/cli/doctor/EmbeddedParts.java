package ingest.cli.doctor;

import ingest.settings.Role;
import ingest.settings.Settings;
import java.util.Set;

/** What a run on this machine brings along, so that it needs no setting. */
final class EmbeddedParts {
  private static final Set<String> STORES =
      Set.of("dm.database-url", "database.url", "clickhouse.url");
  private static final Set<String> KICK = Set.of("kick.client-id", "kick.client-secret");

  private final Settings settings;
  private final boolean any;

  /**
   * Reads the settings anew at each question.
   *
   * @param built whether this build has embedded parts at all; only a process of all roles starts
   *     them
   */
  EmbeddedParts(Settings settings, boolean built) {
    this.settings = settings;
    this.any = built && Role.all(settings);
  }

  boolean any() {
    return any;
  }

  boolean simulator() {
    return any && !settings.has("kick.api-url") && !settings.has("kick.client-id");
  }

  /** One for both ends, where neither has one. */
  boolean deliverySecret() {
    return any && !settings.has("stage.delivery-secret") && !settings.has("ingest.delivery-secret");
  }

  boolean bring(String key) {
    return (any && STORES.contains(key))
        || (simulator() && KICK.contains(key))
        || (deliverySecret() && key.equals("ingest.delivery-secret"));
  }
}
