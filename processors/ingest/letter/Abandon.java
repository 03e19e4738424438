package ingest.letter;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.operation.Held;
import ingest.operation.Operations;
import ingest.store.DmDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * Gives up what is dead, what waits, or both, for one target: it is never delivered to it unless by
 * a replay. What was committed after the preview is left alone.
 *
 * <p>Chunks come first, then exceptions, then the dead, since that is the way of an event that is
 * not delivered: what leaves one for the next meanwhile is found there. What a worker has is left
 * to it until it has settled or lost it. A page and the operation's position are one transaction.
 */
public final class Abandon {
  /** How long the route waits before it goes on; 0 unless all that is left is with workers. */
  public static final String PAUSE = "abandon-pause";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration COME_BACK = Duration.ofSeconds(1);

  /** Rows of one page. */
  private static final int PAGE = 1000;

  /** Chunks of one page, of at most 128 events. */
  private static final int CHUNKS = 200;

  static final String BECOMES = "status = 'abandoned', token = NULL, actor = ?, reason = ?";

  private static final String PHASE = "phase";
  private static final String AFTER = "after";
  private static final String AGAIN = "again";

  /** In the order in which they are done. */
  private enum Phase {
    CHUNKS,
    ITEMS,
    DEAD
  }

  /**
   * How far it is.
   *
   * @param after where the phase goes on; null at its beginning
   * @param again where the phase begins once more when it is through; null when it need not
   */
  private record At(Phase phase, @Nullable JsonNode after, @Nullable JsonNode again) {
    static At of(@Nullable JsonNode position, Order order, Waiting waiting) {
      if (position == null) {
        return new At(first(order, waiting), null, null);
      }
      return new At(
          Phase.valueOf(position.path(PHASE).asText()), position.get(AFTER), position.get(AGAIN));
    }

    private static Phase first(Order order, Waiting waiting) {
      if (!order.of().pending()) {
        return Phase.DEAD;
      }
      return waiting.inChunks() ? Phase.CHUNKS : Phase.ITEMS;
    }

    ObjectNode json() {
      ObjectNode json = JSON.createObjectNode().put(PHASE, phase.name());
      if (after != null) {
        json.set(AFTER, after);
      }
      if (again != null) {
        json.set(AGAIN, again);
      }
      return json;
    }
  }

  private final DmDatabase dm;
  private final Operations operations;
  private final LetterMetrics metrics;

  public Abandon(DmDatabase dm, Operations operations, LetterMetrics metrics) {
    this.dm = dm;
    this.operations = operations;
    this.metrics = metrics;
  }

  /** The next page of the operation. */
  public void page(Exchange exchange) throws SQLException {
    Held held = Held.of(exchange);
    Order order = Order.of(held.request());
    Waiting waiting = new Waiting(order.filter());
    At at = At.of(held.position(), order, waiting);
    exchange.setProperty(PAUSE, 0);
    long abandoned =
        dm.transaction(
            tx ->
                switch (at.phase) {
                  case CHUNKS -> chunks(tx, exchange, held, order, waiting, at);
                  case ITEMS -> items(tx, exchange, held, order, waiting, at);
                  case DEAD -> dead(tx, held, order, at);
                });
    metrics.abandoned(Map.of(String.valueOf(order.filter().target()), abandoned));
  }

  private long chunks(
      Connection tx, Exchange exchange, Held held, Order order, Waiting waiting, At at)
      throws SQLException {
    Waiting.ChunkPage page =
        waiting.abandonChunks(
            tx,
            at.after == null ? null : at.after.asLong(),
            CHUNKS,
            order.seen(),
            order.who(),
            order.why());
    Long last = page.last();
    if (last == null) {
      goOn(tx, exchange, held, at, Phase.ITEMS);
      return 0;
    }
    JsonNode again = at.again;
    Long busy = page.again();
    if (again == null && busy != null) {
      again = JSON.getNodeFactory().numberNode(busy - 1);
    }
    moved(tx, held, new At(at.phase, JSON.getNodeFactory().numberNode(last), again), page.events());
    return page.events();
  }

  private long items(
      Connection tx, Exchange exchange, Held held, Order order, Waiting waiting, At at)
      throws SQLException {
    Waiting.ItemPage page =
        waiting.abandonItems(
            tx,
            at.after == null ? null : Waiting.ItemPlace.of(at.after),
            PAGE,
            order.seen(),
            order.who(),
            order.why());
    Waiting.ItemPlace last = page.last();
    if (last == null) {
      goOn(tx, exchange, held, at, order.of().dead() ? Phase.DEAD : null);
      return 0;
    }
    JsonNode again = page.again() ? JSON.getNodeFactory().nullNode() : at.again;
    moved(tx, held, new At(at.phase, last.json(), again), page.events());
    return page.events();
  }

  /** Where they are meant with what waited, those too that died since. */
  private long dead(Connection tx, Held held, Order order, At at) throws SQLException {
    Query bound =
        order.of().pending() ? DeadPage.committedBy(order.seen()) : DeadPage.diedBy(order.seen());
    Place after = at.after == null ? null : Place.of(at.after);
    DeadPage page =
        DeadPage.change(
            tx,
            order.filter(),
            bound,
            after,
            PAGE,
            new Query().add(BECOMES, order.who(), order.why()));
    Place last = page.last();
    if (last != null) {
      moved(tx, held, new At(at.phase, last.json(), null), page.total());
    } else if (!DeadPage.left(tx, order.filter(), bound, after)) {
      held.finish();
    }
    return page.total();
  }

  /** A phase is through: once more what workers had, or the next; null where none is left. */
  private void goOn(Connection tx, Exchange exchange, Held held, At at, @Nullable Phase next)
      throws SQLException {
    JsonNode again = at.again;
    if (again != null) {
      exchange.setProperty(PAUSE, COME_BACK.toMillis());
      moved(tx, held, new At(at.phase, again.isNull() ? null : again, null), 0);
    } else if (next != null) {
      moved(tx, held, new At(next, null, null), 0);
    } else {
      held.finish();
    }
  }

  private void moved(Connection tx, Held held, At at, long abandoned) throws SQLException {
    held.advance(at.json(), abandoned);
    held.count("abandoned", abandoned);
    operations.progressed(tx, held);
  }
}
