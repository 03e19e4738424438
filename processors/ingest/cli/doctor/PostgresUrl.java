package ingest.cli.doctor;

import ingest.settings.SettingException;
import ingest.settings.Settings;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Properties;

/**
 * A DSN as PostgreSQL's driver takes it: {@code postgres://user:password@host/database?…}, with
 * {@code postgresql://} and {@code jdbc:postgresql://} spelt alike.
 *
 * @param jdbc without credentials
 * @param credentials user and password
 * @param shown host and database, for messages
 */
record PostgresUrl(String jdbc, Properties credentials, String shown) {

  /**
   * Reads the DSN under a key.
   *
   * @throws SettingException when it is none; never shows it, as it holds a password
   */
  static PostgresUrl of(String key, String dsn) {
    String bare = dsn.startsWith("jdbc:") ? dsn.substring("jdbc:".length()) : dsn;
    try {
      URI uri = new URI(bare);
      String scheme = String.valueOf(uri.getScheme());
      String place = uri.getRawAuthority();
      if ((scheme.equals("postgres") || scheme.equals("postgresql"))
          && place != null
          && uri.getPath().length() > 1) {
        int at = place.lastIndexOf('@');
        String hosts = place.substring(at + 1);
        String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
        return new PostgresUrl(
            "jdbc:postgresql://" + hosts + uri.getRawPath() + query,
            credentials(place.substring(0, Math.max(0, at))),
            hosts + uri.getPath());
      }
    } catch (URISyntaxException e) {
      // told below, without the DSN
    }
    throw new SettingException(
        "%s (%s) is no DSN such as postgres://user:password@host:5432/database"
            .formatted(Settings.variable(key), key));
  }

  private static Properties credentials(String userInfo) {
    Properties credentials = new Properties();
    String[] parts = userInfo.split(":", 2);
    if (!parts[0].isEmpty()) {
      credentials.setProperty("user", decoded(parts[0]));
    }
    if (parts.length == 2) {
      credentials.setProperty("password", decoded(parts[1]));
    }
    return credentials;
  }

  /** Percent signs only: a plus in a password is a plus. */
  private static String decoded(String part) {
    return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
  }
}
