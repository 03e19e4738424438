package ingest.upstream;

import ingest.settings.Settings;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What an upstream may be asked for.
 *
 * @param callsPerMinute of all instances together; 0 for as many as there is work for
 * @param creditsPerDay of all instances together, a day in UTC; 0 where calls cost nothing
 */
public record Limits(int callsPerMinute, int creditsPerDay) {
  /** Neither paced nor paid. */
  public static final Limits NONE = new Limits(0, 0);

  private static final String PACE = ".calls-per-minute";
  private static final String BUDGET = ".credits-per-day";
  private static final int MOST = 1_000_000_000;

  /** By upstream: every one that has a key {@code <upstream>.calls-per-minute}. */
  public static Map<String, Limits> of(Settings settings) {
    Map<String, Limits> limits = new TreeMap<>();
    List<String> keys = settings.keys();
    for (String key : keys) {
      if (key.endsWith(PACE)) {
        String upstream = key.substring(0, key.length() - PACE.length());
        String budget = upstream + BUDGET;
        limits.put(
            upstream,
            new Limits(
                settings.number(key, 0, MOST),
                keys.contains(budget) ? settings.number(budget, 0, MOST) : 0));
      }
    }
    return limits;
  }

  boolean paid() {
    return creditsPerDay > 0;
  }
}
