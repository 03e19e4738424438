package ingest.kick;

import ingest.settings.Settings;
import java.time.Duration;

/**
 * How often a channel is asked for, by what is known of it.
 *
 * @param live while it streams
 * @param offline when it has streamed before
 * @param neverLive when nobody ever saw it stream
 */
public record ProbePeriods(Duration live, Duration offline, Duration neverLive) {
  private static final int DAY = 86_400;

  public static ProbePeriods of(Settings settings) {
    return new ProbePeriods(
        seconds(settings, "poll.kick-viewers.live-seconds"),
        seconds(settings, "poll.kick-viewers.offline-seconds"),
        seconds(settings, "poll.kick-viewers.never-live-seconds"));
  }

  private static Duration seconds(Settings settings, String key) {
    return Duration.ofSeconds(settings.number(key, 1, DAY));
  }
}
