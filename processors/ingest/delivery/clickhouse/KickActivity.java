package ingest.delivery.clickhouse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What viewers did in a Kick channel, one row in {@code vf.kick_channel_activity_log}. */
interface KickActivity extends TelemetryRows {
  /** The word for it in the column {@code kind}. */
  String kind();

  /** Sets the columns that the kind has; the others are NULL. */
  void tell(JsonNode data, ObjectNode row);

  @Override
  default String table() {
    return "vf.kick_channel_activity_log";
  }

  @Override
  default List<ObjectNode> rows(Envelope envelope, @Nullable Long channel) {
    ObjectNode row = Cells.ofChannel(envelope);
    row.put("kind", kind());
    for (String column : List.of("user_id", "amount", "item", "status", "reference")) {
      row.putNull(column);
    }
    row.putArray("others");
    row.put("expires_at", Cells.time(envelope.data().path("expires_at")));
    tell(envelope.data(), row);
    return List.of(row);
  }

  /** Adds the texts of a list; what is none is left out. */
  static void add(JsonNode ids, ObjectNode row) {
    ArrayNode others = row.withArray("others");
    ids.forEach(
        id -> {
          if (id.isTextual()) {
            others.add(id.textValue());
          }
        });
  }
}
