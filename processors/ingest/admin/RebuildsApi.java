package ingest.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.operation.Actor;
import ingest.rebuild.RebuildOrders;
import ingest.rebuild.RebuildRefused;
import java.io.IOException;
import java.sql.SQLException;
import org.apache.camel.Body;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code /admin/rebuilds}: begin one, look at its difference, swap it, drop it. */
public final class RebuildsApi {
  private static final Logger LOG = LoggerFactory.getLogger(RebuildsApi.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int KEYS = 5_000;

  private final RebuildOrders orders;

  public RebuildsApi(RebuildOrders orders) {
    this.orders = orders;
  }

  public String begin(@Header(Actor.HOLDER) @Nullable String holder, @Body String body)
      throws SQLException, InterruptedException {
    JsonNode request = Requests.object(body);
    return answer(() -> orders.begin(request, Actor.of(holder, request)));
  }

  /** {@code action}: swap, which is an operation, or drop. */
  public String act(
      @Header("id") String id,
      @Header("action") String action,
      @Header(Actor.HOLDER) @Nullable String holder,
      @Body String body)
      throws SQLException, InterruptedException {
    JsonNode request = Requests.object(body);
    Actor actor = Actor.of(holder, request);
    return answer(
        () ->
            switch (action) {
              case "swap" -> orders.swap(id, request, actor);
              case "drop" -> orders.drop(id, request, actor);
              default -> throw new AdminRefusal(404, "no action " + action + "; swap or drop");
            });
  }

  /** The latest of a target, as it tells them. */
  public String list(@Header("target") @Nullable String target)
      throws SQLException, InterruptedException {
    return answer(() -> orders.list(absent(target)));
  }

  /** A page of a difference; {@code after}: the {@code next} of the page before, as JSON. */
  public String difference(
      @Header("id") String id,
      @Header("target") @Nullable String target,
      @Header("table") @Nullable String table,
      @Header("after") @Nullable String after,
      @Header("rows") @Nullable String rows)
      throws SQLException, InterruptedException {
    JsonNode place = place(after);
    int shown = rows(rows);
    return answer(() -> orders.difference(id, absent(target), absent(table), place, KEYS, shown));
  }

  private static String absent(@Nullable String text) {
    return text == null ? "" : text;
  }

  private static @Nullable JsonNode place(@Nullable String after) {
    if (after == null) {
      return null;
    }
    try {
      JsonNode place = JSON.readTree(after);
      if (place.isArray()) {
        return place;
      }
    } catch (JsonProcessingException e) {
      throw new AdminRefusal(400, "after is not JSON");
    }
    throw new AdminRefusal(400, "after is no place of an answer");
  }

  private static int rows(@Nullable String rows) {
    if (rows == null) {
      return 0;
    }
    if (!rows.matches("\\d{1,3}") || Integer.parseInt(rows) > 200) {
      throw new AdminRefusal(400, "rows is a number up to 200");
    }
    return Integer.parseInt(rows);
  }

  private interface Work {
    JsonNode run() throws SQLException, IOException, InterruptedException;
  }

  private static String answer(Work work) throws SQLException, InterruptedException {
    try {
      return work.run().toString();
    } catch (RebuildRefused e) {
      throw new AdminRefusal(e.status(), String.valueOf(e.getMessage()));
    } catch (IOException e) {
      LOG.warn("rebuild: {}", e.getMessage());
      throw new AdminRefusal(503, "the environment is away or busy");
    }
  }
}
