package ingest.jmx;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import ingest.admin.OperationsApi;
import java.sql.SQLException;
import java.util.Map;
import java.util.TreeSet;
import org.apache.camel.api.management.ManagedAttribute;
import org.apache.camel.api.management.ManagedOperation;
import org.apache.camel.api.management.ManagedResource;
import org.jspecify.annotations.Nullable;

/**
 * {@code ingest:type=operations}: long work, begun as the admin API begins it, with the same checks
 * and the same entry in the audit.
 */
@ManagedResource(description = "Replays and other long work of operators")
public final class OperationsBean {
  private final OperationsApi api;
  private final Map<String, Beginning> beginnings;
  private final Fresh<String> latest;

  /** How the admin API begins an operation of one kind. */
  public interface Beginning {
    /** Takes the body of its POST and answers what that answers. */
    String begin(@Nullable String holder, String body) throws SQLException, InterruptedException;
  }

  OperationsBean(OperationsApi api, Map<String, Beginning> beginnings) {
    this.api = api;
    this.beginnings = Map.copyOf(beginnings);
    this.latest = new Fresh<>(() -> api.list(null));
  }

  @ManagedAttribute(description = "The kinds that begin() takes")
  public String getKinds() {
    return String.join(",", new TreeSet<>(beginnings.keySet()));
  }

  @ManagedAttribute(description = "The latest fifty, as JSON, the newest first")
  public String getLatest() {
    return latest.get();
  }

  @ManagedOperation(
      description =
          "begin(kind, request): begins an operation; the request is the JSON body of the admin API's POST; answers its id")
  public String begin(String kind, String request) {
    Beginning beginning = beginnings.get(kind);
    if (beginning == null) {
      throw new IllegalArgumentException("kind is one of " + getKinds());
    }
    latest.stale();
    return Refusals.plain(() -> beginning.begin(Caller.holder(), request));
  }

  @ManagedOperation(description = "show(id): an operation, as JSON")
  public String show(String id) {
    return Refusals.plain(() -> api.show(id));
  }

  @ManagedOperation(description = "cancel(id, why): calls it off after the page that it is at")
  public String cancel(String id, String why) {
    return act(id, "cancel", why);
  }

  @ManagedOperation(description = "resume(id, why): goes on with one that failed or was cancelled")
  public String resume(String id, String why) {
    return act(id, "resume", why);
  }

  private String act(String id, String action, String why) {
    String body =
        JsonNodeFactory.instance.objectNode().put("who", "an MBean").put("why", why).toString();
    latest.stale();
    return Refusals.plain(() -> api.act(id, action, Caller.holder(), body));
  }
}
