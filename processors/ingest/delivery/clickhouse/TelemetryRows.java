package ingest.delivery.clickhouse;

import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.envelope.Envelope;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rows that events of one type become in one table of ClickHouse. Found by its type, so an
 * implementation needs a public constructor without arguments; safe for use by several threads.
 */
public interface TelemetryRows {
  /** The type of event it takes. */
  String type();

  /** The stored table, {@code vf.…_log}; readers use the view of that name without the ending. */
  String table();

  /**
   * Rows for {@code JSONEachRow}, by column name.
   *
   * <p>Pure and total: one bad row would fail the insert of its whole batch, so a value that is
   * absent or unfit for its column becomes NULL. What the table is partitioned and sorted by comes
   * from the envelope's attributes alone, which are never unfit, so that a repeat of the event
   * merges with the first.
   *
   * @param channel {@code dm.streamer_channel.id} of the channel that the envelope names, the same
   *     for ever; null where it names none, or one that {@code dm} does not know
   */
  List<ObjectNode> rows(Envelope envelope, @Nullable Long channel);
}
