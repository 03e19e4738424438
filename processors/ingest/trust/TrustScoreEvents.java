package ingest.trust;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.poll.DueChannel;
import java.math.BigDecimal;
import java.math.RoundingMode;

/** {@code trust_score.computed} of what is known of a channel. */
public final class TrustScoreEvents {
  /** The type this emits. */
  public static final String TYPE = "trust_score.computed";

  private static final String SOURCE = "trust-score";

  private TrustScoreEvents() {}

  /** The same whenever the same is known at the same time. */
  static Envelope of(DueChannel channel, Known known, String traceparent) {
    return channel.polled(known.at()).says(SOURCE, TYPE, data(channel, known), traceparent);
  }

  private static ObjectNode data(DueChannel channel, Known known) {
    Score score = Formula.of(known);
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.put("platform", channel.platform());
    data.put("platform_user_id", channel.platformUserId());
    data.put("channel_id", channel.channelId());
    data.put("formula", Formula.VERSION);
    data.put("score", rounded(score.value()));
    data.put("band_low", rounded(score.low()));
    data.put("band_high", rounded(score.high()));
    ObjectNode parts = data.putObject("components");
    for (Part part : score.parts()) {
      parts
          .putObject(part.name())
          .put("weight", part.weight())
          .put("value", rounded(part.value()))
          .put("certainty", rounded(part.certainty()))
          .put("low", rounded(part.low()))
          .put("high", rounded(part.high()));
    }
    Evidence.of(known).tell(data.putObject("evidence"));
    return data;
  }

  static BigDecimal rounded(double number) {
    return BigDecimal.valueOf(number).setScale(2, RoundingMode.HALF_UP);
  }
}
