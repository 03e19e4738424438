package ingest.store;

import java.net.URI;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The form of a PostgreSQL DSN: JDBC's, or libpq's with its credentials in front of the host. */
public final class Dsn {
  private static final Pattern HOST =
      Pattern.compile("(?:\\[[0-9a-fA-F:.]+\\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?");

  private Dsn() {}

  /**
   * Accepts libpq's form of a DSN too, credentials in front of the host included.
   *
   * @throws IllegalArgumentException when it is none; its message may quote the DSN
   */
  public static String jdbc(String url) {
    if (url.startsWith("jdbc:postgresql://")) {
      requireHosts(URI.create(url.substring("jdbc:".length())).getRawAuthority());
      return url;
    }
    URI uri = URI.create(url.replaceFirst("^postgres:", "postgresql:"));
    if (!"postgresql".equals(uri.getScheme())
        || uri.getHost() == null
        || uri.getRawPath().length() < 2) {
      throw new IllegalArgumentException("not postgresql://host/database");
    }
    requireHosts(uri.getRawAuthority().substring(uri.getRawAuthority().lastIndexOf('@') + 1));
    StringBuilder jdbc = new StringBuilder("jdbc:postgresql://").append(uri.getHost());
    if (uri.getPort() > 0) {
      jdbc.append(':').append(uri.getPort());
    }
    jdbc.append(uri.getRawPath()).append('?');
    if (uri.getRawQuery() != null) {
      jdbc.append(uri.getRawQuery()).append('&');
    }
    if (uri.getRawUserInfo() != null) {
      String[] user = uri.getRawUserInfo().split(":", 2);
      jdbc.append("user=").append(parameter(user[0]));
      if (user.length == 2) {
        jdbc.append("&password=").append(parameter(user[1]));
      }
    }
    return jdbc.toString();
  }

  /** The driver tells a port that is none in a log of its own, and then knows no such URL. */
  private static void requireHosts(@Nullable String hosts) {
    for (String host : String.valueOf(hosts).split(",", -1)) {
      Matcher parts = HOST.matcher(host);
      if (!parts.matches()
          || (parts.group(1) != null && Integer.parseInt(parts.group(1)) > 65_535)) {
        throw new IllegalArgumentException("not host:port");
      }
    }
  }

  /** What stands for itself before the host and for something else in a query. */
  private static String parameter(String raw) {
    return raw.replace("+", "%2B").replace("&", "%26");
  }
}
