package ingest.claim;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.channel.ChannelMetrics;
import ingest.channel.Channels;
import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.envelope.EventType;
import ingest.envelope.EventTypes;
import ingest.mapping.Arrival;
import ingest.outbox.Intake;
import java.io.IOException;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.camel.Body;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;

/** The Java steps of {@code POST /internal/claims}, behind {@link VerifyClaim}. */
public final class InternalClaims {
  /** One field twice is two claims. */
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final EventTypes types;
  private final Channels channels;
  private final ChannelMetrics channelMetrics;
  private final ClaimMetrics metrics;
  private final Clock clock;

  public InternalClaims(
      EventTypes types, ChannelMetrics channelMetrics, ClaimMetrics metrics, Clock clock) {
    this.types = types;
    this.channels = new Channels(channelMetrics);
    this.channelMetrics = channelMetrics;
    this.metrics = metrics;
    this.clock = clock;
  }

  /** What the verified body of an environment claims. */
  public Claim parse(@Body byte[] body, @Header(VerifyClaim.ENVIRONMENT) String environment) {
    try {
      return Claim.of(environment, JSON.readTree(body));
    } catch (Claim.Malformed e) {
      throw metrics.refuse(ClaimMetrics.Reason.MALFORMED, 400, String.valueOf(e.getMessage()));
    } catch (JacksonException e) {
      throw metrics.refuse(ClaimMetrics.Reason.MALFORMED, 400, "the body is not JSON");
    } catch (IOException e) {
      throw metrics.refuse(ClaimMetrics.Reason.MALFORMED, 400, "the body cannot be read");
    }
  }

  /** To be committed: no envelope of its own, because the event carries the channel's row. */
  public Intake intake(@Body Claim claim) {
    if (claim.oddSlug()) {
      channelMetrics.refuse(EventId.text(id(claim)), "slug", "is no name of a channel");
    }
    return new Intake(List.of(), List.of(new Claimed(claim, arrival(), channels, types)));
  }

  /** What finds the commit again, as the parameters of a statement. */
  public Map<String, Object> keys(@ExchangeProperty("claim") Claim claim) {
    return Map.of(
        "event", id(claim).toString(),
        "env", claim.environment(),
        "platform", claim.channel().platform(),
        "user", claim.channel().userId());
  }

  /** What the environment is told: the channel, and the one event of all the same claims. */
  public String answer(
      @Body List<Map<String, Object>> rows, @ExchangeProperty("claim") Claim claim) {
    if (rows.isEmpty()) { // a trial commits nothing
      throw new IllegalStateException("the channel of the claim is not in dm");
    }
    Map<String, Object> row = rows.get(0);
    metrics.accept(claim.environment());
    ObjectNode answer = JSON.createObjectNode();
    answer.put("channel_id", (Long) row.get("channel_id"));
    answer.put("external_id", (String) row.get("external_id"));
    answer.put("event", EventId.text(id(claim)));
    answer.put("delivery", (Boolean) row.get("delivery"));
    return answer.toString();
  }

  private UUID id(Claim claim) {
    return claim.event(type(types), arrival()).id();
  }

  private Arrival arrival() {
    return new Arrival(clock.instant(), null, Envelope.newTraceparent());
  }

  /** Of the event that a claim becomes. */
  static EventType type(EventTypes types) {
    return types
        .find(Claim.TYPE)
        .orElseThrow(() -> new IllegalStateException(Claim.TYPE + " has no schema beside a route"));
  }
}
