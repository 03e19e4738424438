package ingest.embedded.simulator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.f4b6a3.ulid.Ulid;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;

/**
 * The event subscriptions that Kick holds for the app. Nothing prevents two for the same event and
 * channel. Safe for use by several threads.
 */
public final class Subscriptions {
  /** What Kick answers in full; one more id is answered 400. */
  static final int MOST_REMOVED = 329;

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String APP = "01KDVDNA00M5SCXQ5E8X3MPRAW";
  private static final Map<String, Integer> LIMITS = Map.of("chat.message.sent", 1_000);
  private static final int LIMIT = 10_000;
  private static final Set<String> EVENTS =
      Set.of(
          "chat.message.sent",
          "channel.followed",
          "channel.subscription.new",
          "channel.subscription.renewal",
          "channel.subscription.gifts",
          "channel.reward.redemption.updated",
          "livestream.status.updated",
          "livestream.metadata.updated",
          "moderation.banned",
          "kicks.gifted");

  /**
   * One of them.
   *
   * @param listed false for one that Kick has and does not tell of
   */
  record Held(String id, String event, long channel, Instant createdAt, boolean listed) {
    ObjectNode json() {
      return JsonNodeFactory.instance
          .objectNode()
          .put("app_id", APP)
          .put("broadcaster_user_id", channel)
          .put("created_at", createdAt.toString())
          .put("event", event)
          .put("id", id)
          .put("method", "webhook")
          .put("updated_at", createdAt.toString())
          .put("version", 1);
    }
  }

  private final World world;
  private final Clock clock;
  private final SecureRandom random = new SecureRandom();
  private final Map<String, Held> held = new LinkedHashMap<>();
  private final Map<String, Integer> limits = new HashMap<>(LIMITS);
  private final Map<String, String> errors = new HashMap<>();
  private boolean subscribedAlone;
  private int unlisted;
  private int lost;

  Subscriptions(World world, Clock clock) {
    this.world = world;
    this.clock = clock;
  }

  /** What became of a call that makes some. */
  static final class LimitReached extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  /** They were made, and the answer never comes. */
  static final class AnswerLost extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  /** How often a channel's event is delivered: once for each subscription that it holds. */
  public synchronized int deliveries(long channel, String event) {
    return subscribedAlone
        ? (int)
            held.values().stream()
                .filter(h -> h.channel() == channel && h.event().equals(event))
                .count()
        : 1;
  }

  /** The listed ones of a channel, or of all where none is asked for. */
  public synchronized byte[] list(@Header(Exchange.HTTP_RAW_QUERY) @Nullable String query) {
    List<String> channels = parameter(query, "broadcaster_user_id");
    if (channels.size() > 1) {
      throw new InvalidRequest("one channel, or none");
    }
    Long asked = channels.isEmpty() ? null : number(channels.get(0));
    ArrayNode data = JsonNodeFactory.instance.arrayNode();
    held.values().stream()
        .filter(Held::listed)
        .filter(h -> asked == null || asked == h.channel())
        .forEach(h -> data.add(h.json()));
    return answer(data);
  }

  /**
   * Makes what a call asks for, item by item.
   *
   * @throws InvalidRequest for a body that is no request, or another's channel
   * @throws LimitReached when one of its events has no room; none is made then
   * @throws AnswerLost when they were made and nobody is to know
   */
  public synchronized byte[] create(@Body @Nullable String body) {
    JsonNode request = read(body);
    JsonNode channel = request.path("broadcaster_user_id");
    JsonNode events = request.path("events");
    if (!channel.isIntegralNumber()
        || world.byId(channel.longValue()).isEmpty()
        || !events.isArray()
        || events.isEmpty()
        || !request.path("method").asText().equals("webhook")) {
      throw new InvalidRequest("a channel, events and the method webhook");
    }
    for (JsonNode event : events) {
      String name = event.path("name").asText();
      long used = held.values().stream().filter(h -> h.event().equals(name)).count();
      if (used >= limits.getOrDefault(name, LIMIT)) {
        throw new LimitReached();
      }
    }
    ArrayNode data = JsonNodeFactory.instance.arrayNode();
    events.forEach(event -> data.add(made(event, channel.longValue())));
    if (lost > 0) {
      lost--;
      throw new AnswerLost();
    }
    return answer(data);
  }

  private ObjectNode made(JsonNode event, long channel) {
    String name = event.path("name").asText();
    int version = event.path("version").asInt();
    ObjectNode item = JsonNodeFactory.instance.objectNode().put("name", name);
    String error = EVENTS.contains(name) && version == 1 ? errors.get(name) : "invalid event";
    if (error != null) {
      return item.put("subscription_id", "").put("version", version).put("error", error);
    }
    Held made = hold(name, channel, unlisted == 0);
    unlisted = Math.max(0, unlisted - 1);
    return item.put("subscription_id", made.id()).put("version", version);
  }

  private Held hold(String event, long channel, boolean listed) {
    byte[] entropy = new byte[10];
    random.nextBytes(entropy);
    Instant now = clock.instant();
    Held made =
        new Held(
            new Ulid(now.toEpochMilli(), entropy).toString(),
            event,
            channel,
            now.truncatedTo(ChronoUnit.SECONDS),
            listed);
    held.put(made.id(), made);
    return made;
  }

  /**
   * Removes those of a call; an id that is not there is none of its business.
   *
   * @throws InvalidRequest for none, or too many
   */
  public synchronized void remove(@Header(Exchange.HTTP_RAW_QUERY) @Nullable String query) {
    List<String> ids = parameter(query, "id");
    if (ids.isEmpty() || ids.size() > MOST_REMOVED) {
      throw new InvalidRequest("1 to " + MOST_REMOVED + " ids");
    }
    ids.forEach(held::remove);
  }

  /** Carries out an order of the control interface, and answers what is held then. */
  public synchronized String order(@Body @Nullable String json) throws JsonProcessingException {
    SubscriptionOrder order = SubscriptionOrder.parse(json);
    if (order.deliver() != null) {
      subscribedAlone = order.deliver().equals(SubscriptionOrder.SUBSCRIBED);
    }
    SubscriptionOrder.Which drop = order.drop();
    if (drop != null) {
      held.values().removeIf(drop::matches);
    }
    SubscriptionOrder.Which twice = order.twice();
    if (twice != null) {
      List.copyOf(held.values()).stream()
          .filter(twice::matches)
          .forEach(h -> hold(h.event(), h.channel(), true));
    }
    if (order.limits() != null) {
      limits.putAll(order.limits());
    }
    if (order.errors() != null) {
      errors.clear();
      errors.putAll(order.errors());
    }
    unlisted = order.unlisted() == null ? unlisted : order.unlisted();
    lost = order.lost() == null ? lost : order.lost();
    return all();
  }

  /** All that are held, listed or not, the oldest first. */
  public synchronized String all() throws JsonProcessingException {
    ArrayNode all = JsonNodeFactory.instance.arrayNode();
    held.values().forEach(h -> all.add(h.json().put("listed", h.listed())));
    return JSON.writeValueAsString(all);
  }

  private static JsonNode read(@Nullable String body) {
    try {
      return JSON.readTree(body == null ? "" : body);
    } catch (JsonProcessingException e) {
      throw new InvalidRequest("the body is no JSON");
    }
  }

  private static List<String> parameter(@Nullable String query, String name) {
    return new QueryStringDecoder(query == null ? "" : query, false)
        .parameters()
        .getOrDefault(name, List.of());
  }

  private static Long number(String text) {
    try {
      return Long.valueOf(text);
    } catch (NumberFormatException e) {
      throw new InvalidRequest("an id is a whole number");
    }
  }

  private static byte[] answer(ArrayNode data) {
    ObjectNode answer = JsonNodeFactory.instance.objectNode();
    answer.set("data", data);
    return answer.put("message", "OK").toString().getBytes(StandardCharsets.UTF_8);
  }
}
