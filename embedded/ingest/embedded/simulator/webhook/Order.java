package ingest.embedded.simulator.webhook;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import ingest.embedded.simulator.InvalidRequest;
import org.jspecify.annotations.Nullable;

/**
 * Calls on demand, as the control interface takes them.
 *
 * @param type a template of the sender's; null for all of them in turn
 * @param count null for one of each type
 * @param bytes of a body that is too large
 */
record Order(
    SendingParty sender, @Nullable String type, CallKind kind, @Nullable Integer count, int bytes) {
  static final int MOST = 1_000;

  /** Above what the receiver takes by default, and small enough for the buffers between. */
  private static final int OVERSIZED = 2 << 20;

  private static final int LARGEST = 64 << 20;

  private static final ObjectMapper JSON =
      JsonMapper.builder().disable(MapperFeature.ALLOW_COERCION_OF_SCALARS).build();

  /**
   * Reads what the control interface takes.
   *
   * @throws InvalidRequest that says what is wanted and lists the senders and kinds
   */
  static Order parse(@Nullable String json) {
    try {
      Order order = JSON.readValue(json == null ? "" : json, Order.class);
      if (order != null) {
        return order;
      }
    } catch (JsonProcessingException e) {
      // told below, with what would be right
    }
    throw new InvalidRequest(
        "an order has a sender ("
            + SendingParty.all()
            + "), and may have a type (all in turn without), a kind ("
            + CallKind.all()
            + "), a count (1 to "
            + MOST
            + ", one of each type without), and bytes, how large oversized bodies are;"
            + " stale is for kick and resend, subscribed-twice for kick, scraperapi has neither"
            + " reordered nor unknown-type, and both of these take no type");
  }

  @JsonCreator
  static Order of(
      @JsonProperty(value = "sender", required = true) SendingParty sender,
      @JsonProperty("type") @Nullable String type,
      @JsonProperty("kind") @Nullable CallKind kind,
      @JsonProperty("count") @Nullable Integer count,
      @JsonProperty("bytes") @Nullable Integer bytes) {
    CallKind wanted = kind == null ? CallKind.GENUINE : kind;
    boolean ofNoType = wanted == CallKind.REORDERED || wanted == CallKind.UNKNOWN_TYPE;
    if (!wanted.fits(sender)
        || (ofNoType && type != null)
        || (count != null && (count < 1 || count > MOST))
        || (bytes != null && (bytes < 1 || bytes > LARGEST))) {
      throw new IllegalArgumentException("no order");
    }
    return new Order(
        sender,
        type,
        wanted,
        ofNoType && count == null ? Integer.valueOf(1) : count,
        bytes == null ? OVERSIZED : bytes);
  }
}
