package ingest.delivery.clickhouse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A trust score that was computed, one row in {@code vf.streamer_trust_score_history_log}. */
public final class TrustScore implements TelemetryRows {
  @Override
  public String type() {
    return "trust_score.computed";
  }

  @Override
  public String table() {
    return "vf.streamer_trust_score_history_log";
  }

  @Override
  public List<ObjectNode> rows(Envelope envelope, @Nullable Long channel) {
    JsonNode data = envelope.data();
    Double score = Cells.points(data.path("score"));
    if (score == null) { // the column has no NULL, and a made-up score would be worse than none
      return List.of();
    }
    String subject = envelope.subject();
    ObjectNode row = Cells.ofChannel(envelope);
    row.put("platform", subject.substring(0, Math.max(0, subject.indexOf(':'))));
    row.put("score", score);
    row.put("band_low", Cells.points(data.path("band_low")));
    row.put("band_high", Cells.points(data.path("band_high")));
    row.put("formula", Cells.number(data.path("formula")));
    row.put(
        "components", data.path("components").isObject() ? data.path("components").toString() : "");
    return List.of(row);
  }
}
