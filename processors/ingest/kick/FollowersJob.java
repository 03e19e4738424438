package ingest.kick;

import ingest.mapping.PolledChannel;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The key of a job that fetches a channel's page: it has all that the page's event needs, so that
 * who is called back with the page has to look nothing up. Nobody can make one up, because the
 * address that is called back proves it.
 */
public record FollowersJob(PolledChannel poll) {
  private static final Pattern KEY =
      Pattern.compile(
          "kf-(?<channel>[0-9A-HJKMNP-TV-Z]{26})-(?<user>[0-9]{1,19})-(?<slot>[0-9]{1,15})-(?<at>[0-9]{1,18})");

  /** The job of a key; empty where the key is of another kind of job. */
  public static Optional<FollowersJob> of(String key) {
    Matcher parts = KEY.matcher(key);
    return parts.matches()
        ? Optional.of(
            new FollowersJob(
                new PolledChannel(
                    "kick",
                    parts.group("user"),
                    parts.group("channel"),
                    Instant.ofEpochMilli(Long.parseLong(parts.group("slot"))),
                    Instant.EPOCH.plus(Long.parseLong(parts.group("at")), ChronoUnit.MICROS))))
        : Optional.empty();
  }

  /** Letters, digits and dashes. */
  public String key() {
    return "kf-%s-%s-%d-%d"
        .formatted(
            poll.externalId(),
            poll.platformUserId(),
            poll.slot().toEpochMilli(),
            ChronoUnit.MICROS.between(Instant.EPOCH, poll.at()));
  }
}
