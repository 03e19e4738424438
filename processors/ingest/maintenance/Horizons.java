package ingest.maintenance;

import ingest.settings.SettingException;
import ingest.settings.Settings;
import java.time.Duration;
import java.util.List;

/**
 * How long what an event leaves behind is kept. One rule relates these spans: whoever still has the
 * event may send it again, so everybody's memory of its id has to be longer.
 *
 * @param outbox days of the outbox
 * @param park how long a delivery may wait, or be dead
 * @param intake keys of events, by which a sender's repetition is known
 * @param consumer ids that an environment has processed, by which ours is known
 */
public record Horizons(Duration outbox, Duration park, Duration intake, Duration consumer) {
  /** The settings that say so. */
  public static final List<String> KEYS =
      List.of("retention.outbox", "park.max", "retention.event-keys", "retention.processed-events");

  /** Between the last delivery of an event and the end of its id. */
  private static final Duration MARGIN = Duration.ofDays(1);

  /** Days that are over for less are not dropped: there are clocks that are off. */
  private static final Duration LEAST_OUTBOX = Duration.ofDays(2);

  /**
   * Reads them.
   *
   * @throws SettingException when one is too short for another
   */
  public static Horizons of(Settings settings) {
    Horizons horizons =
        new Horizons(
            settings.duration("retention.outbox"),
            settings.duration("park.max"),
            settings.duration("retention.event-keys"),
            settings.duration("retention.processed-events"));
    horizons.hold();
    return horizons;
  }

  private void hold() {
    if (outbox.compareTo(LEAST_OUTBOX) < 0) {
      throw new SettingException(
          "RETENTION_OUTBOX (%s) is less than two days: clocks may be off".formatted(days(outbox)));
    }
    Duration longest = outbox.plus(park).plus(MARGIN);
    if (intake.compareTo(longest) < 0) {
      throw new SettingException(
          "RETENTION_EVENT_KEYS (%s) is less than RETENTION_OUTBOX + PARK_MAX + 1 day (%s): a repetition would be taken for new; lengthen it, or shorten one of the others"
              .formatted(days(intake), days(longest)));
    }
    if (consumer.compareTo(intake) < 0) {
      throw new SettingException(
          "RETENTION_PROCESSED_EVENTS (%s) is less than RETENTION_EVENT_KEYS (%s): an environment would forget events that can still be sent; lengthen it here and in every environment"
              .formatted(days(consumer), days(intake)));
    }
  }

  private static String days(Duration span) {
    return span.toHours() % 24 == 0 ? span.toDays() + " days" : span.toHours() + " hours";
  }
}
