package ingest.charts;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventType;
import ingest.envelope.InvalidEnvelope;
import ingest.mapping.Arrival;
import ingest.mapping.Draft;
import ingest.mapping.Mapper;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;

/**
 * Maps the chart to {@code charts.place.observed}, one event for each place.
 *
 * <p>Hours that a streamer hides stay absent, and so does the lead of the one above: zero would
 * claim that both were counted.
 */
public final class Places implements Mapper {
  @Override
  public String source() {
    return "charts";
  }

  @Override
  public String type() {
    return "charts.place.observed";
  }

  @Override
  public List<Envelope> map(JsonNode payload, EventType type, Arrival arrival) {
    JsonNode streamers = payload.path("streamers");
    if (!streamers.isArray()) {
      throw new InvalidEnvelope("$.streamers is not an array");
    }
    List<Envelope> envelopes = new ArrayList<>();
    for (int i = 0; i < streamers.size(); i++) {
      String path = "$.streamers[" + i + "]";
      JsonNode streamer = streamers.get(i);
      String platform = required(streamer, path, "platform");
      String user = required(streamer, path, "user_id");
      ObjectNode data = JsonNodeFactory.instance.objectNode();
      data.put("platform", platform).put("platform_user_id", user);
      data.set("rank", streamer.path("rank"));
      JsonNode hours = streamer.path("hours_watched");
      JsonNode next = streamers.path(i + 1).path("hours_watched");
      if (hours.isNumber()) {
        data.set("hours_watched", hours);
        if (next.isNumber()) {
          BigDecimal ahead = hours.decimalValue().subtract(next.decimalValue());
          data.put("hours_ahead", ahead);
        }
      }
      String made = required(streamer, path, "updated_at");
      envelopes.add(
          Draft.keyed(type, platform + ":" + user, made, Envelope.time(made), data)
              .envelope(arrival));
    }
    return envelopes;
  }

  private static String required(JsonNode streamer, String path, String field) {
    JsonNode value = streamer.path(field);
    if (!value.isTextual() && !value.isIntegralNumber()) {
      throw new InvalidEnvelope(path + "." + field + " is neither text nor a whole number");
    }
    return value.asText();
  }
}
