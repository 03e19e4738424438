package ingest;

import ingest.settings.Settings;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The migrations as {@code bin/ingest migrate} runs them, for tests of other packages. */
public final class TestMigrations {
  private TestMigrations() {}

  /** Brings a {@code dm} and an environment's database up to date; one line for each. */
  public static List<String> run(String dmUrl, String envUrl) {
    return new Migrations(
            Settings.load(Path.of("."), Map.of("DM_DATABASE_URL", dmUrl, "DATABASE_URL", envUrl)))
        .run();
  }

  /** Brings a ClickHouse up to date. */
  public static void clickHouse(String url) {
    new Migrations(Settings.load(Path.of("."), Map.of("CLICKHOUSE_URL", url))).run();
  }
}
