package ingest.consumer;

import ingest.envelope.Envelope;
import ingest.projection.Projector;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The rebuild that is open in this environment, if one is, and what is delivered meanwhile: it is
 * written into the shadow tables too, in the transaction that writes it into the live ones, so that
 * the shadow tables miss nothing from the rebuild's begin to its end.
 *
 * @param types of the events that fill its shadow tables
 */
record OpenRebuild(UUID id, Set<String> types) {
  /** Where a rebuild's statements find the tables that they name without a schema, and no other. */
  static final String IN_SHADOW = "SET LOCAL search_path = ingest_rebuild";

  private static final String FIND =
      "SELECT id, types FROM public.projection_rebuild WHERE state IN ('filling', 'complete')";

  private static final String REFUSED =
      "UPDATE public.projection_rebuild SET refused = refused + ? WHERE id = ?";

  private static final String DROP = "SELECT public.projection_rebuild_end(?, 'dropped', NULL)";

  OpenRebuild {
    types = Set.copyOf(types);
  }

  /**
   * Writes what was just written into the live tables into the shadow tables, where a rebuild is
   * open; the last thing of a transaction.
   *
   * <p>It asks after the live tables are written, because beginning and ending a rebuild locks them
   * against writers: whoever has written waits for nobody and is waited for, so what it finds here
   * holds until its commit.
   */
  static void follow(Connection tx, Map<Projector<?>, List<Envelope>> written) throws SQLException {
    OpenRebuild open = find(tx);
    if (open == null) {
      return;
    }
    EnvTransaction.execute(tx, IN_SHADOW);
    Refused refused = new Refused();
    for (Map.Entry<Projector<?>, List<Envelope>> part : written.entrySet()) {
      if (open.types.contains(part.getKey().type())) {
        Projecting.project(tx, part.getKey(), part.getValue(), refused);
      }
    }
    if (refused.count > 0) {
      try (PreparedStatement update = tx.prepareStatement(REFUSED)) {
        update.setLong(1, refused.count);
        update.setObject(2, open.id);
        update.executeUpdate();
      }
    }
  }

  /** Ends the rebuild that is open, if one is; nothing of its shadow tables is left. */
  static void drop(Connection tx) throws SQLException {
    OpenRebuild open = find(tx);
    if (open != null) {
      try (PreparedStatement drop = tx.prepareStatement(DROP)) {
        drop.setObject(1, open.id);
        drop.execute();
      }
    }
  }

  private static @Nullable OpenRebuild find(Connection tx) throws SQLException {
    try (PreparedStatement query = tx.prepareStatement(FIND);
        ResultSet row = query.executeQuery()) {
      return row.next()
          ? new OpenRebuild(
              row.getObject(1, UUID.class), Set.of((String[]) row.getArray(2).getArray()))
          : null;
    }
  }

  /** Events that the live tables took and the shadow tables did not. */
  private static final class Refused implements Projecting.Ends {
    private long count;

    @Override
    public void applied(Envelope envelope) {
      // as it should be
    }

    @Override
    public void failed(Envelope envelope, String reason) {
      count++;
    }
  }
}
