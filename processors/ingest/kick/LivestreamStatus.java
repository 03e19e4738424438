package ingest.kick;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventType;
import ingest.envelope.InvalidEnvelope;
import ingest.mapping.Arrival;
import ingest.mapping.Draft;
import ingest.mapping.MalformedAnswer;
import ingest.mapping.Mapper;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Maps Kick's webhook of the same name: a stream began or ended.
 *
 * <p>Kick gives no id of a stream and may send one fact under several message ids, so the key is
 * (broadcaster, started_at, state). A start is of its {@code started_at}; an end of its {@code
 * ended_at}, and where Kick names none, or one before the start, of when it arrived.
 */
public final class LivestreamStatus implements Mapper {
  private static final String PLATFORM = "kick";

  @Override
  public String source() {
    return PLATFORM;
  }

  @Override
  public String type() {
    return "kick.livestream.status.updated";
  }

  @Override
  public List<Envelope> map(JsonNode payload, EventType type, Arrival arrival) {
    try {
      return List.of(envelope(KickObject.of(payload), type, arrival));
    } catch (MalformedAnswer e) {
      throw new InvalidEnvelope(String.valueOf(e.getMessage()));
    }
  }

  private static Envelope envelope(KickObject body, EventType type, Arrival arrival) {
    KickObject broadcaster = body.object("broadcaster");
    String user = broadcaster.idOrText("user_id");
    boolean live = body.requiredFlag("is_live");
    Instant startedAt = body.time("started_at");
    Instant endedAt = live ? null : end(body.time("ended_at"), startedAt);
    Instant identity = startedAt == null ? endedAt : startedAt;
    if (identity == null) {
      throw new InvalidEnvelope("$.started_at is absent: nothing tells this stream from another");
    }

    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.put("platform", PLATFORM).put("platform_user_id", user);
    KickObject.put(data, "slug", broadcaster.slug("channel_slug"));
    KickObject.put(data, "display_name", broadcaster.text("username"));
    KickObject.put(data, "avatar_url", broadcaster.text("profile_picture"));
    ObjectNode stream = data.putObject("stream").put("is_live", live);
    KickObject.put(stream, "started_at", told(startedAt, arrival));
    KickObject.put(stream, "ended_at", told(endedAt, arrival));
    KickObject.put(stream, "title", body.text("title"));

    return Draft.keyed(type, PLATFORM + ":" + user, key(identity, live), identity, data)
        .at(live ? identity : endedAt)
        .envelope(arrival);
  }

  /** An end before the start is none. */
  private static @Nullable Instant end(@Nullable Instant endedAt, @Nullable Instant startedAt) {
    return endedAt != null && startedAt != null && endedAt.isBefore(startedAt) ? null : endedAt;
  }

  private static String key(Instant identity, boolean live) {
    return identity + (live ? " started" : " ended");
  }

  /** A time that is yet to come is a fault of Kick's clock; it still tells one stream's message. */
  private static @Nullable String told(@Nullable Instant time, Arrival arrival) {
    return time == null || time.isAfter(arrival.time().plus(ViewerCounts.AHEAD))
        ? null
        : time.toString();
  }
}
