package ingest;

import ingest.settings.Settings;
import java.util.Map;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * What production has around the product, brought along on one machine: the stores and the
 * upstreams. Found by {@link java.util.ServiceLoader}; absent from the image.
 */
public interface Embedded extends AutoCloseable {

  /**
   * Starts each part whose setting is not configured, and adopts what a killed process left running
   * on the same data folder.
   *
   * @return settings under which the started parts are reached, by key
   * @throws ingest.settings.SettingException when a part cannot start; says what is in the way
   */
  Map<String, String> start(Settings settings);

  /**
   * The settings under which another process has these parts, where one runs on this data folder;
   * starts and locks nothing. Empty where none runs.
   */
  Map<String, String> running(Settings settings);

  /**
   * The settings under which migrations reach the stores that {@link #start} gave users of less
   * rights to: as who owns what they make.
   */
  Map<String, String> owners();

  /** Registers the simulated upstream's channels where the embedded {@code dm} has none yet. */
  void seed(DataSource dm);

  /** Stops what {@link #start} started or adopted. Called after the drain, never beside it. */
  @Override
  void close();

  /** This build's embedded parts, or null in the image. */
  static @Nullable Embedded find() {
    return java.util.ServiceLoader.load(Embedded.class).findFirst().orElse(null);
  }
}
