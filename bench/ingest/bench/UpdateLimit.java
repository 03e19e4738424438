package ingest.bench;

import java.sql.Connection;
import java.sql.PreparedStatement;
import org.postgresql.PGConnection;

/**
 * The most that PostgreSQL notes of deliveries where an event has a row: {@code UPDATE … WHERE id =
 * ANY (500 ids)}, a commit each, on a table with a primary key and a partial index over what is
 * open. Nothing is read or sent.
 */
final class UpdateLimit implements Contestant {
  private static final int IDS = 500;

  private static final String UPDATE =
      """
      UPDATE public.delivery SET status = 1, attempts = attempts + 1, attempted_at = now()
      WHERE id = ANY (?)
      """;

  private final Dm dm;
  private final int rows;

  UpdateLimit(Dm dm, int rows) {
    this.dm = dm;
    this.rows = rows;
  }

  @Override
  public String name() {
    return "update of a row per event, by " + IDS;
  }

  /** VACUUM, so that no first reader pays for hint bits. */
  @Override
  public void prepare() throws Exception {
    dm.execute(
        "DROP TABLE IF EXISTS public.delivery",
        """
        CREATE TABLE public.delivery (
            id bigint PRIMARY KEY, event_id uuid NOT NULL, target text NOT NULL, status smallint NOT NULL,
            attempts int NOT NULL, due_at timestamptz NOT NULL, attempted_at timestamptz, last_error text)
            WITH (autovacuum_enabled = off)
        """,
        "CREATE INDEX delivery_open ON public.delivery (due_at) WHERE status = 0",
        "INSERT INTO public.delivery (id, event_id, target, status, attempts, due_at)"
            + " SELECT i, gen_random_uuid(), 'receiver', 0, 0, now() FROM generate_series(0, "
            + (rows - 1)
            + ") i",
        "VACUUM (ANALYZE) public.delivery");
  }

  @Override
  public long run(Meter meter) throws Exception {
    meter.measure(() -> Workers.each((rows + IDS - 1) / IDS, i -> update((long) i * IDS)));
    return rows;
  }

  private void update(long first) throws Exception {
    long[] ids = new long[IDS];
    for (int i = 0; i < IDS; i++) {
      ids[i] = first + i;
    }
    try (Connection connection = dm.database().connection();
        PreparedStatement update = connection.prepareStatement(UPDATE)) {
      update.setArray(1, connection.unwrap(PGConnection.class).createArrayOf("bigint", ids));
      update.executeUpdate();
    }
  }

  @Override
  public void check() throws Exception {
    Unbalanced.unlessEqual(
        "updated rows",
        rows,
        dm.number("SELECT count(*) FROM public.delivery WHERE status = 1 AND attempts = 1"));
  }
}
