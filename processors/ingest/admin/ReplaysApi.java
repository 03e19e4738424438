package ingest.admin;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.operation.Actor;
import ingest.replay.ReplayRefused;
import ingest.replay.ReplayRuns;
import ingest.replay.Replays;
import java.sql.SQLException;
import org.apache.camel.Body;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;

/** {@code /admin/replays}: begin one, and how the latest fare. */
public final class ReplaysApi {
  private final Replays replays;
  private final ReplayRuns runs;

  public ReplaysApi(Replays replays, ReplayRuns runs) {
    this.replays = replays;
    this.runs = runs;
  }

  public String begin(@Header(Actor.HOLDER) @Nullable String holder, @Body String body)
      throws SQLException, InterruptedException {
    JsonNode request = Requests.object(body);
    try {
      return replays.begin(request, Actor.of(holder, request)).toString();
    } catch (ReplayRefused e) {
      throw new AdminRefusal(e.status(), String.valueOf(e.getMessage()));
    }
  }

  /** The latest fifty, the newest first. */
  public String list() throws SQLException {
    return runs.latest().toString();
  }
}
