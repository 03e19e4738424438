package ingest.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.delivery.Target;
import ingest.delivery.Targets;
import ingest.operation.Actor;
import ingest.operation.Audit;
import ingest.outbox.WakeUp;
import java.sql.SQLException;
import org.apache.camel.Body;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;

/** {@code /admin/targets}: list, set a mode. */
public final class TargetsApi {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Targets targets;
  private final WakeUp wakeUp;
  private final Audit audit;

  public TargetsApi(Targets targets, WakeUp wakeUp, Audit audit) {
    this.targets = targets;
    this.wakeUp = wakeUp;
    this.audit = audit;
  }

  public String list() throws SQLException {
    ArrayNode all = JSON.createArrayNode();
    targets.all().forEach(t -> all.add(row(t)));
    return all.toString();
  }

  /** The archive cannot be set off: nothing could be replayed from what it did not get. */
  public String set(
      @Header("name") String name, @Header(Actor.HOLDER) @Nullable String holder, @Body String body)
      throws SQLException {
    JsonNode request = Requests.object(body);
    Actor actor = Actor.of(holder, request);
    String mode = request.path("mode").asText();
    if (!Targets.MODES.contains(mode)) {
      throw new AdminRefusal(400, "mode is off, paused or live");
    }
    if (name.equals(Target.CLICKHOUSE) && mode.equals("off")) {
      throw new AdminRefusal(
          409, "the archive is never off, nothing could be replayed: pause it instead");
    }
    audit.record(
        actor, "target.set", JSON.createObjectNode().put("target", name).put("mode", mode));
    Targets.Row row =
        targets
            .set(name, mode, actor.who(), actor.why())
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
