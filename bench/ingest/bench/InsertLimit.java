package ingest.bench;

import ingest.envelope.Envelope;
import ingest.envelope.EventId;
import ingest.store.Columns;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The most that PostgreSQL takes of these events: one row each with the outbox's columns, by
 * arrays, one commit per group, one index, which is the id's. It knows no duplicates and delivers
 * to nobody; the JSON is made before, rows come sorted by key.
 */
final class InsertLimit implements Contestant {
  private static final String INSERT =
      """
      INSERT INTO public.event (event_id, source, type, subject, rev, channelid, envelope)
      SELECT * FROM unnest(?::uuid[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::text[], ?::text[])
      """;

  private record Row(Envelope envelope, String json) {}

  private final Dm dm;
  private final List<List<Row>> groups = new ArrayList<>();
  private final int events;

  InsertLimit(Dm dm, List<Envelope> events, int group) {
    this.dm = dm;
    this.events = events.size();
    for (int i = 0; i < events.size(); i += group) {
      groups.add(
          events.subList(i, Math.min(i + group, events.size())).stream()
              .sorted(Comparator.comparing(Envelope::id, EventId.ORDER))
              .map(e -> new Row(e, e.toJson()))
              .toList());
    }
  }

  @Override
  public String name() {
    return "insert of the event rows alone";
  }

  @Override
  public void prepare() throws Exception {
    dm.execute(
        "DROP TABLE IF EXISTS public.event",
        """
        CREATE TABLE public.event (
            event_id uuid PRIMARY KEY, source text NOT NULL, type text NOT NULL, subject text NOT NULL,
            rev bigint NOT NULL, channelid text, envelope text NOT NULL, created_at timestamptz NOT NULL DEFAULT now())
            WITH (autovacuum_enabled = off)
        """,
        "ALTER TABLE public.event ALTER COLUMN envelope SET STORAGE EXTERNAL");
  }

  @Override
  public long run(Meter meter) throws Exception {
    meter.measure(() -> Workers.each(groups.size(), i -> insert(groups.get(i))));
    return events;
  }

  private void insert(List<Row> rows) throws Exception {
    try (Connection connection = dm.database().connection();
        PreparedStatement insert = connection.prepareStatement(INSERT)) {
      int p = 0;
      insert.setArray(++p, Columns.of(connection, "uuid", rows, r -> r.envelope.id()));
      insert.setArray(++p, Columns.of(connection, "text", rows, r -> r.envelope.source()));
      insert.setArray(++p, Columns.of(connection, "text", rows, r -> r.envelope.type()));
      insert.setArray(++p, Columns.of(connection, "text", rows, r -> r.envelope.subject()));
      insert.setArray(++p, Columns.of(connection, "bigint", rows, r -> r.envelope.rev()));
      insert.setArray(++p, Columns.of(connection, "text", rows, r -> r.envelope.channelid()));
      insert.setArray(++p, Columns.of(connection, "text", rows, Row::json));
      insert.executeUpdate();
    }
  }

  @Override
  public void check() throws Exception {
    Unbalanced.unlessEqual("inserted rows", events, dm.number("SELECT count(*) FROM public.event"));
  }
}
