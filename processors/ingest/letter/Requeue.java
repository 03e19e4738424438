package ingest.letter;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.operation.Held;
import ingest.operation.Operations;
import ingest.outbox.WakeUp;
import ingest.store.DmDatabase;
import java.sql.SQLException;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * Has the dead letters of one preview tried once more: they are as if they had never been tried,
 * but that they keep what they died of until the next attempt. What died by taking its worker down
 * goes alone from the start.
 *
 * <p>A page and the operation's position are one transaction, so each is re-queued once.
 */
public final class Requeue {
  /** Rows of one page: some tens of milliseconds. */
  private static final int PAGE = 1000;

  static final String BECOMES =
      """
      status = 'pending', attempts = 0, claims = CASE WHEN i.fingerprint = 'crash' THEN 1 ELSE 0 END,
      due_at = ingest.now(), token = NULL, died_at = NULL, subject_key = NULL, actor = ?, reason = ?
      """;

  private final DmDatabase dm;
  private final Operations operations;
  private final WakeUp wakeUp;
  private final LetterMetrics metrics;

  public Requeue(DmDatabase dm, Operations operations, WakeUp wakeUp, LetterMetrics metrics) {
    this.dm = dm;
    this.operations = operations;
    this.wakeUp = wakeUp;
    this.metrics = metrics;
  }

  /** The next page of the operation. */
  public void page(Exchange exchange) throws SQLException {
    Held held = Held.of(exchange);
    Order order = Order.of(held.request());
    Query bound = DeadPage.diedBy(order.seen());
    Place after = after(held.position());
    DeadPage page =
        dm.transaction(
            tx -> {
              DeadPage changed =
                  DeadPage.change(
                      tx,
                      order.filter(),
                      bound,
                      after,
                      held.pageSize(PAGE),
                      new Query().add(BECOMES, order.who(), order.why()));
              Place last = changed.last();
              if (last != null) {
                held.advance(last.json(), changed.total());
                changed.events().forEach(held::count);
                operations.progressed(tx, held);
              } else if (!DeadPage.left(tx, order.filter(), bound, after)) {
                held.finish();
              }
              return changed;
            });
    metrics.requeued(page.events());
    if (page.last() != null) {
      wakeUp.local();
    }
  }

  private static @Nullable Place after(@Nullable JsonNode position) {
    return position == null ? null : Place.of(position);
  }
}
