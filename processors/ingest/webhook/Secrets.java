package ingest.webhook;

import ingest.settings.SettingException;
import ingest.settings.Settings;
import ingest.signature.PlainSecret;
import java.util.List;

/** Secrets that senders hand out, as they are configured. */
public final class Secrets {
  private Secrets() {}

  /**
   * Secrets that are used as they are written, several with commas during a rotation. A secret with
   * a comma in it cannot be configured.
   *
   * @throws SettingException when there is none
   */
  public static List<PlainSecret> plain(String key, Settings settings) {
    settings.text(key);
    try {
      return PlainSecret.all(settings.list(key));
    } catch (IllegalArgumentException e) {
      throw new SettingException(Settings.variable(key) + ": " + e.getMessage());
    }
  }
}
