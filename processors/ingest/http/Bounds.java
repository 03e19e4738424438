package ingest.http;

import com.sun.management.UnixOperatingSystemMXBean;
import ingest.settings.Settings;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the public port gives to whoever connects; beyond it, it refuses.
 *
 * @param connections open at the same time; what connects beyond them is closed at once
 * @param idle how long a connection may stay without the next request
 * @param request how long a new connection may take for its first request's headers, and any
 *     request for its body
 * @param body bytes of one body
 * @param bodies bytes of all bodies that are held at the same time
 * @param workers threads that run routes
 * @param queue requests that wait for one of them
 */
public record Bounds(
    int connections,
    Duration idle,
    Duration request,
    int body,
    long bodies,
    int workers,
    int queue) {
  private static final Logger LOG = LoggerFactory.getLogger(Bounds.class);

  /** Files and connections of everything else in the process. */
  private static final int OTHER_FILES = 1000;

  /** As set; fewer connections where the process may not open as many files, which is logged. */
  public static Bounds of(Settings settings) {
    int connections = settings.number("http.max-connections", 1, 1_000_000);
    int most = mostConnections();
    if (connections > most) {
      LOG.warn(
          "HTTP_MAX_CONNECTIONS is {}, but this process may open so few files that {} are served",
          connections,
          most);
    }
    return new Bounds(
        Math.min(connections, most),
        span(settings, "http.idle-timeout"),
        span(settings, "http.request-timeout"),
        settings.number("http.max-body", 1, 1 << 30),
        settings.number("http.max-bodies", 1, Integer.MAX_VALUE),
        settings.number("http.workers", 1, 1000),
        settings.number("http.queue", 1, 1_000_000));
  }

  /** Doors look twice a second. */
  private static Duration span(Settings settings, String key) {
    Duration span = settings.duration(key);
    if (span.toSeconds() < 1) {
      throw settings.unreadable(key, settings.text(key), "a second or more");
    }
    return span;
  }

  private static int mostConnections() {
    if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix) {
      long files = unix.getMaxFileDescriptorCount();
      return (int) Math.min(Integer.MAX_VALUE, Math.max(files / 2, files - OTHER_FILES));
    }
    return Integer.MAX_VALUE;
  }
}
