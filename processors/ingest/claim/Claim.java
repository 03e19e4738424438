package ingest.claim;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.channel.ChannelKey;
import ingest.envelope.Envelope;
import ingest.envelope.EventType;
import ingest.envelope.InvalidEnvelope;
import ingest.envelope.Slug;
import ingest.mapping.Arrival;
import ingest.mapping.Draft;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * That a streamer of an environment claims a channel, or gives a verified claim up.
 *
 * @param streamerId the environment's own id
 * @param slug the channel's name as the environment knows it; null where it tells none
 * @param oddSlug true where it told one that is none
 * @param verified whether the streamer proved that the channel is theirs
 * @param claimedAt when they did, to the microsecond: the order of the claims of one channel
 */
record Claim(
    String environment,
    long streamerId,
    ChannelKey channel,
    @Nullable String slug,
    boolean oddSlug,
    boolean verified,
    Instant claimedAt) {

  static final String TYPE = "channel.claimed";
  static final String SOURCE = "dm";

  /** The last second that RFC 3339 can write. */
  private static final Instant LAST = Instant.parse("9999-12-31T23:59:59.999999Z");

  /** What a body is not, field by field and never with a value. */
  static final class Malformed extends Exception {
    private static final long serialVersionUID = 1;

    private Malformed(List<String> problems) {
      super(String.join("; ", problems));
    }
  }

  /**
   * Reads the body of a request. A field that is not known is passed over.
   *
   * @throws Malformed with everything that is wrong
   */
  static Claim of(String environment, JsonNode body) throws Malformed {
    if (!body.isObject()) {
      throw new Malformed(List.of("the body is not an object"));
    }
    Reader in = new Reader(body, new ArrayList<>());
    long streamerId = in.streamer();
    Optional<ChannelKey> channel = in.channel();
    boolean verified = in.flag("verified");
    Instant claimedAt = in.time("claimed_at");
    if (!in.problems.isEmpty()) {
      throw new Malformed(in.problems);
    }
    JsonNode slug = body.path("slug");
    Optional<String> name = slug.isTextual() ? Slug.of(slug.textValue()) : Optional.empty();
    return new Claim(
        environment,
        streamerId,
        channel.orElseThrow(),
        name.orElse(null),
        name.isEmpty() && !slug.isMissingNode() && !slug.isNull(),
        verified,
        claimedAt);
  }

  /**
   * As an event, the same whenever and wherever the same claim is posted: its identity is
   * environment, streamer, channel, {@code verified} and time. A time that is ahead of the clock is
   * held to it for the event's order alone.
   *
   * @param channelId {@code dm.streamer_channel.id}
   */
  Envelope event(EventType type, Arrival arrival, long channelId) {
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.put("streamer_id", streamerId);
    data.put("platform", channel.platform());
    data.put("platform_user_id", channel.userId());
    data.put("channel_id", channelId);
    if (slug != null) {
      data.put("slug", slug);
    }
    data.put("verified", verified);
    data.put("claimed_at", claimedAt.toString());
    return draft(type, data).envelope(arrival);
  }

  /** The event before it is known which channel in {@code dm} this is: its id and its order. */
  Envelope event(EventType type, Arrival arrival) {
    return draft(type, JsonNodeFactory.instance.objectNode()).envelope(arrival);
  }

  private Draft draft(EventType type, ObjectNode data) {
    String key = key(environment, streamerId, verified, claimedAt);
    return Draft.keyed(type, channel.subject(), key, claimedAt, data);
  }

  /** Of one subject: what makes two claims the same. {@link ClaimedIn} builds on it. */
  static String key(String environment, long streamerId, boolean verified, Instant claimedAt) {
    return "%s %d %b %d".formatted(environment, streamerId, verified, Envelope.micros(claimedAt));
  }

  /** Notes what is wrong and goes on. */
  private record Reader(JsonNode body, List<String> problems) {
    long streamer() {
      JsonNode value = body.path("streamer_id");
      if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < 1) {
        wrong("streamer_id", "a whole number from 1 to 2147483647");
        return 0;
      }
      return value.longValue();
    }

    Optional<ChannelKey> channel() {
      String platform = body.path("platform").asText();
      if (!body.path("platform").isTextual() || ChannelKey.of(platform, "1").isEmpty()) {
        wrong("platform", "the name of a platform: a-z, 0-9 and -");
        platform = "";
      }
      JsonNode id = body.path("platform_user_id");
      boolean readable =
          id.isTextual() || (id.isIntegralNumber() && id.bigIntegerValue().signum() > 0);
      if (!readable || ChannelKey.of("any", id.asText()).isEmpty()) {
        wrong(
            "platform_user_id",
            "the id of a channel: text of up to 128 characters without spaces, or a whole number");
        return Optional.empty();
      }
      return ChannelKey.of(platform, id.asText());
    }

    boolean flag(String field) {
      if (!body.path(field).isBoolean()) {
        wrong(field, "true or false");
      }
      return body.path(field).booleanValue();
    }

    Instant time(String field) {
      try {
        Instant time =
            Envelope.time(body.path(field).isTextual() ? body.path(field).textValue() : "");
        if (!time.isBefore(Instant.EPOCH) && !time.isAfter(LAST)) {
          return time.truncatedTo(ChronoUnit.MICROS);
        }
      } catch (InvalidEnvelope e) { // told below, with what is out of bounds
      }
      wrong(field, "an RFC 3339 time from 1970 on");
      return Instant.EPOCH;
    }

    private void wrong(String field, String wanted) {
      problems.add(body.hasNonNull(field) ? field + " is not " + wanted : field + " is missing");
    }
  }
}
