package ingest.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.delivery.Target;
import ingest.delivery.Targets;
import ingest.outbox.WakeUp;
import java.sql.SQLException;
import org.apache.camel.Body;
import org.apache.camel.Header;

/** {@code /admin/targets}: list, set a mode. */
public final class TargetsApi {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Targets targets;
  private final WakeUp wakeUp;

  public TargetsApi(Targets targets, WakeUp wakeUp) {
    this.targets = targets;
    this.wakeUp = wakeUp;
  }

  public String list() throws SQLException {
    ArrayNode all = JSON.createArrayNode();
    targets.all().forEach(t -> all.add(row(t)));
    return all.toString();
  }

  /** The archive cannot be set off: nothing could be replayed from what it did not get. */
  public String set(@Header("name") String name, @Body String body) throws SQLException {
    JsonNode request = Requests.object(body);
    String mode = request.path("mode").asText();
    if (!Targets.MODES.contains(mode)) {
      throw new AdminRefusal(400, "mode is off, paused or live");
    }
    if (name.equals(Target.CLICKHOUSE) && mode.equals("off")) {
      throw new AdminRefusal(
          409, "the archive is never off, nothing could be replayed: pause it instead");
    }
    Targets.Row row =
        targets
            .set(name, mode, Requests.who(request), Requests.why(request))
            .orElseThrow(() -> new AdminRefusal(404, "no target " + name));
    wakeUp.local();
    return row(row).toString();
  }

  private static ObjectNode row(Targets.Row target) {
    ObjectNode node = JSON.createObjectNode();
    node.put("name", target.name());
    node.put("kind", target.kind());
    node.put("mode", target.mode());
    ArrayNode types = node.putArray("types");
    target.types().forEach(types::add);
    node.put("batch", target.batch());
    node.put("who", target.who());
    node.put("changed_at", target.changedAt().toInstant().toString());
    node.put("why", target.why());
    return node;
  }
}
