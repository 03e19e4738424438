package ingest.consumer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import ingest.envelope.InvalidEnvelope;
import ingest.projection.Placed;
import ingest.projection.Projector;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.camel.Body;
import org.jspecify.annotations.Nullable;

/**
 * Which rows an event has become, and who wrote each of their column groups last. The values stay
 * here: they are the environment's, and some of them personal.
 */
public final class ProjectedRows {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final EnvDatabase env;
  private final Map<String, Projector<?>> projectors = new HashMap<>();

  public ProjectedRows(EnvDatabase env, Collection<Projector<?>> projectors) {
    this.env = env;
    projectors.forEach(p -> this.projectors.put(p.type(), p));
  }

  /** Answers for one event, which is the body. Nothing is written. */
  public String of(@Body byte[] body) throws SQLException {
    ObjectNode answer = JSON.createObjectNode();
    Envelope envelope = envelope(body);
    Projector<?> projector = projectors.get(envelope.type());
    if (projector == null) {
      return answer.put("unsaid", "no projector takes this type").toString();
    }
    List<?> rows;
    try {
      rows = projector.rows(envelope);
    } catch (RuntimeException e) {
      return answer.put("unsaid", "its projector refuses it").toString();
    }
    ArrayNode told = answer.putArray("rows");
    for (Object row : rows) {
      if (!(row instanceof Placed placed)) {
        return answer.put("unsaid", "its projector does not say which rows").toString();
      }
      told.add(standing(placed.place(), envelope.rootId()));
    }
    return answer.toString();
  }

  private static Envelope envelope(byte[] body) {
    try {
      JsonNode node = JSON.readTree(body);
      if (node != null && node.isObject()) {
        return Envelope.of(node);
      }
    } catch (InvalidEnvelope e) {
      throw new Refusal(400, String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw new Refusal(400, "the body is not JSON");
    }
    throw new Refusal(400, "the body is not one event");
  }

  private ObjectNode standing(Placed.Place place, UUID event) throws SQLException {
    ObjectNode told = JSON.createObjectNode().put("table", place.table());
    ObjectNode key = told.putObject("key");
    place.key().forEach((column, value) -> key.put(column, value.toString()));
    JsonNode row = row(place);
    told.put("there", row != null);
    if (row != null) {
      ArrayNode own = told.putArray("written_by_this");
      ArrayNode others = told.putArray("written_by_others");
      for (Map.Entry<String, JsonNode> column : row.properties()) {
        String name = column.getKey();
        if (name.equals("ev") || name.endsWith("_ev")) {
          String group = name.equals("ev") ? place.table() : name.substring(0, name.length() - 3);
          UUID writer = UUID.fromString(column.getValue().asText());
          if (writer.equals(event)) {
            own.add(group);
          } else if (!writer.equals(new UUID(0, 0))) {
            others.add(group);
          }
        }
      }
      JsonNode updated = row.path("updated_at");
      if (updated.isTextual()) {
        told.put("updated_at", updated.asText());
      }
    }
    return told;
  }

  private @Nullable JsonNode row(Placed.Place place) throws SQLException {
    List<String> columns = place.key().keySet().stream().sorted().toList();
    String sql =
        "SELECT CAST(to_jsonb(t) AS text) FROM public."
            + place.table()
            + " t WHERE "
            + columns.stream().map(c -> c + " = ?").collect(Collectors.joining(" AND "));
    try (Connection connection = env.connection();
        PreparedStatement query = connection.prepareStatement(sql)) {
      for (int i = 0; i < columns.size(); i++) {
        query.setObject(i + 1, place.key().get(columns.get(i)));
      }
      try (ResultSet rows = query.executeQuery()) {
        return rows.next() ? JSON.readTree(rows.getString(1)) : null;
      }
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("jsonb that is no JSON", e);
    }
  }
}
