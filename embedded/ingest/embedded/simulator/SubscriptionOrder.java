package ingest.embedded.simulator;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What Kick is to do with the subscriptions that it holds, as the control interface takes it; what
 * is left out stays as it was.
 *
 * @param deliver {@code subscribed}: only channels that hold a subscription are told of, as often
 *     as they hold it; {@code all}: every channel, once
 * @param drop subscriptions that Kick drops without a word
 * @param twice subscriptions of which Kick holds a second one from now on
 * @param limits most subscriptions of an event
 * @param errors what the item of an event is answered in a 200, by event; empty for none
 * @param unlisted so many of the next that are made are never listed
 * @param lost so many of the next calls that make some are answered 500, and they are made
 */
record SubscriptionOrder(
    @Nullable String deliver,
    @Nullable Which drop,
    @Nullable Which twice,
    @Nullable Map<String, Integer> limits,
    @Nullable Map<String, String> errors,
    @Nullable Integer unlisted,
    @Nullable Integer lost) {
  static final String SUBSCRIBED = "subscribed";
  static final String ALL = "all";

  private static final ObjectMapper JSON =
      JsonMapper.builder().disable(MapperFeature.ALLOW_COERCION_OF_SCALARS).build();

  /** Those of a channel, of an event, or all that match what is named. */
  record Which(@JsonProperty("channel") @Nullable Long channel, @Nullable String event) {
    boolean matches(Subscriptions.Held held) {
      return (channel == null || channel == held.channel())
          && (event == null || event.equals(held.event()));
    }
  }

  /**
   * Reads what the control interface takes.
   *
   * @throws InvalidRequest that says what is wanted
   */
  static SubscriptionOrder parse(@Nullable String json) {
    try {
      SubscriptionOrder order = JSON.readValue(json == null ? "" : json, SubscriptionOrder.class);
      if (order != null
          && (order.deliver == null
              || order.deliver.equals(SUBSCRIBED)
              || order.deliver.equals(ALL))) {
        return order;
      }
    } catch (JsonProcessingException e) {
      // told below, with what would be right
    }
    throw new InvalidRequest(
        "an order has some of deliver (subscribed or all), drop and twice (each with channel, event"
            + " or both), limits (event to number), errors (event to text), unlisted and lost (how"
            + " many of the next)");
  }
}
