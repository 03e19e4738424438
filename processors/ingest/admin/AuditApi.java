package ingest.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import ingest.operation.Audit;
import java.sql.SQLException;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;

/** {@code GET /admin/audit}: who wanted what, the newest first. */
public final class AuditApi {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MOST = 100;

  private final Audit audit;

  public AuditApi(Audit audit) {
    this.audit = audit;
  }

  /** The latest hundred; {@code before} goes on where the last answer ended. */
  public String list(@Header("before") @Nullable String before)
      throws SQLException, JsonProcessingException {
    ArrayNode all = JSON.createArrayNode();
    for (Audit.Entry entry : audit.before(Requests.before(before), MOST)) {
      all.addObject()
          .put("id", entry.id())
          .put("at", entry.at().toString())
          .put("who", entry.who())
          .put("why", entry.why())
          .put("action", entry.action())
          .set("what", JSON.readTree(entry.what()));
    }
    return all.toString();
  }
}
