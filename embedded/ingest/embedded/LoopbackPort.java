package ingest.embedded;

import ingest.settings.SettingException;
import ingest.settings.Settings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;

/** The port on 127.0.0.1 that one embedded part is to listen on. */
final class LoopbackPort {
  private LoopbackPort() {}

  /**
   * The configured port, or a free one where it is 0.
   *
   * @throws SettingException when something listens on it already
   */
  static int of(Settings settings, String key) {
    int wanted = settings.port(key);
    try (ServerSocket probe = new ServerSocket(wanted, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    } catch (IOException e) {
      throw new SettingException(
          "Port %d (%s) cannot be listened on, something else has it: stop that, or set %s to another port or to 0 for a free one (%s)"
              .formatted(wanted, Settings.variable(key), Settings.variable(key), e.getMessage()));
    }
  }
}
