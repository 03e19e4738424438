package ingest.channel;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.envelope.Envelope;
import ingest.envelope.InvalidEnvelope;
import ingest.envelope.Revision;
import ingest.envelope.Slug;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What one event says of one channel. An absent field says nothing.
 *
 * @param slug its name in lower case, which is one
 * @param stream whether it streams and what, ordered by {@code revision} as the name is
 * @param viewers of {@code stream}, seen at {@code at}
 * @param followedAt when somebody began to follow it; who is not told
 * @param at when it was seen
 * @param revision the order of names, profile and stream: microseconds since 1970, ties go to the
 *     event. A poll's is older than {@code at} by the upstream's lag, so that it does not undo what
 *     a webhook told before it
 */
public record Sighting(
    ChannelKey channel,
    @Nullable String slug,
    @Nullable String displayName,
    @Nullable String avatarUrl,
    @Nullable String bio,
    @Nullable Integer followers,
    @Nullable Boolean banned,
    @Nullable Stream stream,
    @Nullable Integer viewers,
    @Nullable Instant followedAt,
    Instant at,
    Revision revision,
    String traceparent) {

  /**
   * One stream, or that there is none.
   *
   * @param startedAt with the channel, the stream's identity; null where none runs
   * @param endedAt as the upstream reports it
   */
  public record Stream(
      boolean live,
      @Nullable Instant startedAt,
      @Nullable Instant endedAt,
      @Nullable String title,
      @Nullable Details details) {
    /** The start of the stream that runs; null where none does. */
    @Nullable Instant runs() {
      return live ? startedAt : null;
    }
  }

  /** What polls tell of a stream, always together. */
  public record Details(
      @Nullable String language,
      @Nullable Boolean mature,
      @Nullable Long categoryId,
      @Nullable String categoryName) {}

  /** What is stored of a text at most; the rest is cut. */
  private static final int MOST_CHARACTERS = 2_000;

  /** A stream of before is a fault of the upstream: year 1 stands for none at Kick. */
  private static final Instant FIRST = Instant.parse("2005-01-01T00:00:00Z");

  /** A stream that starts or ends later than this after it was seen is a fault of a clock. */
  private static final Duration AHEAD = Duration.ofMinutes(2);

  /** That a channel has a name, and nothing more. */
  public static Sighting named(
      ChannelKey channel, @Nullable String slug, Instant at, UUID event, String traceparent) {
    return new Sighting(
        channel,
        slug,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        at,
        new Revision(Envelope.micros(at), event),
        traceparent);
  }

  /** When {@code revision} says it was so. */
  public Instant asOf() {
    return Instant.EPOCH.plus(revision.rev(), ChronoUnit.MICROS);
  }

  /**
   * Reads the standard fields of an event that observes a channel: {@code platform}, {@code
   * platform_user_id}, {@code slug}, {@code display_name}, {@code avatar_url}, {@code bio}, {@code
   * follower_count}, {@code is_banned}, {@code viewer_count}, {@code followed_at}, {@code stream}
   * and {@code stream_rev}. An id may be a number. A field that is not what its name says is passed
   * over, and told to {@code refused} with its reason; it never fails the event.
   *
   * @return empty where it names no channel
   */
  public static Optional<Sighting> of(Envelope event, BiConsumer<String, String> refused) {
    JsonNode data = event.data();
    Reader in = new Reader(data, refused);
    Optional<ChannelKey> channel = channel(event);
    if (channel.isEmpty()) {
      refused.accept("platform_user_id", "is no id of a channel");
      return Optional.empty();
    }
    JsonNode streamRev = data.path("stream_rev");
    long rev =
        streamRev.isMissingNode()
            ? Envelope.micros(event.time())
            : in.number(streamRev, "stream_rev", Envelope.micros(event.time()));
    return Optional.of(
        new Sighting(
            channel.get(),
            in.slug(),
            in.text("display_name"),
            in.text("avatar_url"),
            in.text("bio"),
            in.count("follower_count"),
            in.flag("is_banned"),
            data.path("stream").isObject()
                ? stream(new Reader(data.path("stream"), refused), event.time().plus(AHEAD))
                : null,
            in.count("viewer_count"),
            in.time("followed_at", event.time().plus(AHEAD)),
            event.time(),
            new Revision(rev, event.rootId()),
            event.traceparent()));
  }

  /** The channel that an event observes; empty where it names none. */
  static Optional<ChannelKey> channel(Envelope event) {
    return ChannelKey.of(
        event.data().path("platform").asText(event.source()),
        word(event.data().path("platform_user_id")));
  }

  /** A text, or a number without a fraction as one; empty where it is neither. */
  private static String word(JsonNode node) {
    return node.isTextual() || node.isIntegralNumber() ? node.asText() : "";
  }

  private static @Nullable Stream stream(Reader in, Instant latest) {
    Boolean live = in.flag("is_live");
    if (live == null) {
      return null;
    }
    Instant startedAt = in.time("started_at", latest);
    Instant endedAt = in.time("ended_at", latest);
    if (live && startedAt == null) {
      in.refuse("started_at", "is absent of a stream that runs");
      return null;
    }
    if (startedAt != null && endedAt != null && endedAt.isBefore(startedAt)) {
      in.refuse("ended_at", "is before started_at");
      endedAt = null;
    }
    boolean tellsMore =
        in.node.has("language") || in.node.has("is_mature") || in.node.has("category");
    Reader category = new Reader(in.node.path("category"), in.refused);
    return new Stream(
        live,
        startedAt,
        live ? null : endedAt,
        in.text("title"),
        tellsMore
            ? new Details(
                in.text("language"), in.flag("is_mature"), category.id(), category.text("name"))
            : null);
  }

  /** Total: what is odd is absent. */
  private record Reader(JsonNode node, BiConsumer<String, String> refused) {
    void refuse(String field, String reason) {
      refused.accept(field, reason);
    }

    @Nullable String slug() {
      JsonNode value = node.path("slug");
      if (value.isMissingNode() || value.isNull()) {
        return null;
      }
      Optional<String> slug = Slug.of(word(value));
      if (slug.isEmpty()) {
        refuse("slug", "is no name of a channel");
      }
      return slug.orElse(null);
    }

    @Nullable String text(String field) {
      String value = node.path(field).textValue();
      if (value == null) {
        return null;
      }
      String clean = value.replace("\0", "");
      int most = clean.codePointCount(0, clean.length());
      return clean.isBlank()
          ? null
          : clean.substring(0, clean.offsetByCodePoints(0, Math.min(most, MOST_CHARACTERS)));
    }

    @Nullable Integer count(String field) {
      JsonNode value = node.path(field);
      if (value.isMissingNode() || value.isNull()) {
        return null;
      }
      if (!value.canConvertToInt() || !value.isIntegralNumber() || value.intValue() < 0) {
        refuse(field, "is no count");
        return null;
      }
      return value.intValue();
    }

    @Nullable Long id() {
      JsonNode value = node.path("id");
      return value.isIntegralNumber() && value.canConvertToLong() ? value.longValue() : null;
    }

    @Nullable Boolean flag(String field) {
      JsonNode value = node.path(field);
      return value.isBoolean() ? value.booleanValue() : null;
    }

    /** As precise as the database keeps it. */
    @Nullable Instant time(String field, Instant latest) {
      JsonNode value = node.path(field);
      if (!value.isTextual()) {
        return null;
      }
      try {
        Instant time = Envelope.time(value.textValue()).truncatedTo(ChronoUnit.MICROS);
        if (time.isBefore(FIRST)) {
          return null;
        }
        if (!time.isAfter(latest)) {
          return time;
        }
        refuse(field, "is after the event");
      } catch (InvalidEnvelope e) {
        refuse(field, "is no time");
      }
      return null;
    }

    long number(JsonNode value, String field, long otherwise) {
      try {
        long number = Long.parseLong(value.asText());
        if (number >= 0 && number <= otherwise) {
          return number;
        }
      } catch (NumberFormatException e) { // told below, with what is out of bounds
      }
      refuse(field, "is no revision up to the event's time");
      return otherwise;
    }
  }
}
