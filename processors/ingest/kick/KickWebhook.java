package ingest.kick;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.EventType;
import ingest.mapping.Arrival;
import ingest.mapping.Draft;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * A webhook of Kick as its mapper reads it, and what makes two of them one event.
 *
 * <p>Kick lets a channel have one event twice and then sends it under two message ids, so the
 * message is the key only where the body has none.
 */
record KickWebhook(KickObject body, EventType type, Arrival arrival) {
  /** The source of them all, and the platform of their channels. */
  static final String KICK = "kick";

  /** Who streams. */
  private KickObject broadcaster() {
    return body.requiredObject("broadcaster");
  }

  /** The broadcaster, by id. */
  String subject() {
    return KICK + ":" + broadcaster().idOrText("user_id");
  }

  /** Which channel it is of, and its name of now. */
  ObjectNode channel() {
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.put("platform", KICK).put("platform_user_id", broadcaster().idOrText("user_id"));
    KickObject.put(data, "slug", broadcaster().slug("channel_slug"));
    return data;
  }

  /** As well, how the broadcaster is shown. */
  ObjectNode profile() {
    ObjectNode data = channel();
    KickObject.put(data, "display_name", broadcaster().text("username"));
    KickObject.put(data, "avatar_url", broadcaster().text("profile_picture"));
    return data;
  }

  /** When Kick sent it; null where it does not say. */
  @Nullable Instant sentAt() {
    return arrival.message() == null ? null : arrival.message().sentAt();
  }

  /** Something that Kick has an id of. */
  Draft identified(String key, @Nullable Instant happened, ObjectNode data) {
    Instant bound = happened == null ? Instant.EPOCH : happened;
    return Draft.keyed(type, subject(), key, bound, data)
        .at(happened == null ? sentAt() : happened);
  }

  /**
   * Something that Kick has no id of: what {@code key} says happened once at that time, to the
   * microsecond. Without a time it is known by its message alone.
   */
  Draft dated(@Nullable Instant happened, String key, ObjectNode data) {
    return happened == null
        ? message(data)
        : Draft.keyed(type, subject(), micros(happened) + " " + key, happened, data);
  }

  /** Something that nothing but its message tells from others, of when it was sent. */
  Draft message(ObjectNode data) {
    Arrival.Message message = arrival.message();
    if (message == null) {
      return Draft.polled(type, subject(), data);
    }
    Instant bound = message.since() == null ? Instant.EPOCH : message.since();
    return Draft.keyed(type, subject(), message.id(), bound, data).at(sentAt());
  }

  /** Kick writes six digits of a second or nine. */
  static Instant micros(Instant time) {
    return time.truncatedTo(ChronoUnit.MICROS);
  }
}
