package ingest.admin;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.operation.Actor;
import ingest.operation.Operation;
import ingest.operation.Operations;
import java.sql.SQLException;
import java.time.Instant;
import org.apache.camel.Body;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;

/** {@code /admin/operations}: list, show, call off, resume. */
public final class OperationsApi {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MOST = 50;

  private final Operations operations;

  public OperationsApi(Operations operations) {
    this.operations = operations;
  }

  /** The latest fifty, the newest first; {@code before} goes on where the last answer ended. */
  public String list(@Header("before") @Nullable String before) throws SQLException {
    ArrayNode all = JSON.createArrayNode();
    for (Operation operation : operations.before(Requests.before(before), MOST)) {
      all.add(row(operation));
    }
    return all.toString();
  }

  public String show(@Header("id") String id) throws SQLException {
    return row(found(id)).toString();
  }

  public String act(
      @Header("id") String id,
      @Header("action") String action,
      @Header(Actor.HOLDER) @Nullable String holder,
      @Body String body)
      throws SQLException {
    Operation operation = found(id);
    Actor actor = Actor.of(holder, Requests.object(body));
    boolean acted =
        switch (action) {
          case "cancel" -> operations.cancel(operation.id(), actor);
          case "resume" -> operations.resume(operation.id(), actor);
          default -> throw new AdminRefusal(404, "no action " + action + "; cancel or resume");
        };
    if (!acted) {
      throw new AdminRefusal(
          409,
          action.equals("cancel")
              ? "operation %s has ended".formatted(id)
              : "operation %s is %s: only one that failed or was cancelled is resumed"
                  .formatted(id, operation.state()));
    }
    return show(id);
  }

  private Operation found(String id) throws SQLException {
    if (!id.matches("\\d{1,18}")) {
      throw new AdminRefusal(400, "the id of an operation is a number");
    }
    return operations
        .find(Long.parseLong(id))
        .orElseThrow(() -> new AdminRefusal(404, "no operation " + id));
  }

  private static ObjectNode row(Operation operation) {
    ObjectNode node =
        JSON.createObjectNode()
            .put("id", operation.id())
            .put("kind", operation.kind())
            .put("state", operation.state())
            .put("done", operation.done())
            .put("total", operation.total())
            .put("rate", operation.rate())
            .put("error", operation.error())
            .put("who", operation.who())
            .put("why", operation.why())
            .put("cancelled_by", operation.cancelledBy())
            .put("created_at", text(operation.createdAt()))
            .put("started_at", text(operation.startedAt()))
            .put("progressed_at", text(operation.progressedAt()))
            .put("ended_at", text(operation.endedAt()));
    node.set("counts", operation.counts());
    node.set("request", operation.request());
    return node;
  }

  private static @Nullable String text(@Nullable Instant time) {
    return time == null ? null : time.toString();
  }
}
