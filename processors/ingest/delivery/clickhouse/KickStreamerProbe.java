package ingest.delivery.clickhouse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A poll of a Kick channel, one row in {@code vf.kick_streamer_probe_log}. */
public final class KickStreamerProbe implements TelemetryRows {
  @Override
  public String type() {
    return "kick.viewer_count.observed";
  }

  @Override
  public String table() {
    return "vf.kick_streamer_probe_log";
  }

  @Override
  public List<ObjectNode> rows(Envelope envelope, @Nullable Long channel) {
    JsonNode data = envelope.data();
    JsonNode stream = data.path("stream");
    JsonNode category = stream.path("category");
    ObjectNode row = Cells.ofChannel(envelope);
    row.put("slug", Cells.text(data.path("slug")));
    row.put("viewer_count", Cells.number(data.path("viewer_count")));
    row.put("is_live", Cells.flag(stream.path("is_live")));
    row.put("stream_started_at", Cells.time(stream.path("started_at")));
    row.put("title", Cells.text(stream.path("title")));
    row.put("category_id", Cells.number(category.path("id")));
    row.put("category_name", Cells.text(category.path("name")));
    row.put("language", Cells.text(stream.path("language")));
    return List.of(row);
  }
}
