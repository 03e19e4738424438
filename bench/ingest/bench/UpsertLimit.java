package ingest.bench;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.envelope.Envelope;
import ingest.store.Columns;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.List;

/**
 * The most that PostgreSQL takes of these projections: the ids and the rows of a batch by two
 * multi-row writes in one statement, a commit each. It dedupes nothing, guards no revision and
 * parses nothing; the tables are plain, the rows come sorted by key.
 */
final class UpsertLimit implements Contestant {
  private static final String WRITE =
      """
      WITH p AS (INSERT INTO public.limit_events (event_id) SELECT unnest(?::uuid[]))
      INSERT INTO public.limit_snapshot
          (platform, platform_user_id, channel_external_id, slug, viewer_count, viewers_at, viewers_rev, viewers_ev,
           is_live, stream_started_at, title, language, is_mature, category_id, category_name, stream_rev, stream_ev)
      SELECT * FROM unnest(
          ?::text[], ?::text[], ?::text[], ?::text[], ?::int[], ?::timestamptz[], ?::bigint[], ?::uuid[],
          ?::bool[], ?::timestamptz[], ?::text[], ?::text[], ?::bool[], ?::bigint[], ?::text[], ?::bigint[], ?::uuid[])
      ON CONFLICT (platform, platform_user_id) DO UPDATE SET
          channel_external_id = excluded.channel_external_id, slug = excluded.slug,
          viewer_count = excluded.viewer_count, viewers_at = excluded.viewers_at,
          viewers_rev = excluded.viewers_rev, viewers_ev = excluded.viewers_ev,
          is_live = excluded.is_live, stream_started_at = excluded.stream_started_at, title = excluded.title,
          language = excluded.language, is_mature = excluded.is_mature, category_id = excluded.category_id,
          category_name = excluded.category_name, stream_rev = excluded.stream_rev, stream_ev = excluded.stream_ev,
          updated_at = now()
      """;

  private final Environment environment;
  private final List<List<Envelope>> batches;
  private final int events;

  /**
   * The limit.
   *
   * @param batches in none of which a channel comes twice
   */
  UpsertLimit(Environment environment, List<List<Envelope>> batches) {
    this.environment = environment;
    this.batches =
        batches.stream()
            .map(b -> b.stream().sorted(Comparator.comparing(Envelope::subject)).toList())
            .toList();
    this.events = batches.stream().mapToInt(List::size).sum();
  }

  @Override
  public String name() {
    return "both writes in one statement";
  }

  @Override
  public void prepare() throws Exception {
    try (Connection connection = environment.database().connection();
        Statement statement = connection.createStatement()) {
      statement.execute("DROP TABLE IF EXISTS public.limit_events, public.limit_snapshot");
      statement.execute(
          "CREATE TABLE public.limit_events (event_id uuid PRIMARY KEY, processed_at timestamptz NOT NULL DEFAULT now()) WITH (autovacuum_enabled = off)");
      statement.execute(
          "CREATE TABLE public.limit_snapshot (LIKE public.channel_snapshot INCLUDING ALL) WITH (fillfactor = 70, autovacuum_enabled = off)");
    }
  }

  @Override
  public long run(Meter meter) throws Exception {
    meter.measure(() -> Workers.each(batches.size(), i -> write(batches.get(i))));
    return events;
  }

  private void write(List<Envelope> rows) throws Exception {
    try (Connection connection = environment.database().connection();
        PreparedStatement write = connection.prepareStatement(WRITE)) {
      int p = 0;
      write.setArray(++p, Columns.of(connection, "uuid", rows, Envelope::id));
      write.setArray(++p, Columns.of(connection, "text", rows, e -> "kick"));
      write.setArray(++p, Columns.of(connection, "text", rows, e -> data(e, "platform_user_id")));
      write.setArray(++p, Columns.of(connection, "text", rows, Envelope::channelid));
      write.setArray(++p, Columns.of(connection, "text", rows, e -> data(e, "slug")));
      write.setArray(
          ++p, Columns.of(connection, "int", rows, e -> e.data().path("viewer_count").intValue()));
      write.setArray(
          ++p,
          Columns.of(
              connection, "timestamptz", rows, e -> e.time().atOffset(ZoneOffset.UTC).toString()));
      write.setArray(++p, Columns.of(connection, "bigint", rows, Envelope::rev));
      write.setArray(++p, Columns.of(connection, "uuid", rows, Envelope::id));
      write.setArray(
          ++p, Columns.of(connection, "bool", rows, e -> stream(e).path("is_live").booleanValue()));
      write.setArray(
          ++p,
          Columns.of(connection, "timestamptz", rows, e -> stream(e).path("started_at").asText()));
      write.setArray(
          ++p, Columns.of(connection, "text", rows, e -> stream(e).path("title").asText()));
      write.setArray(
          ++p, Columns.of(connection, "text", rows, e -> stream(e).path("language").asText()));
      write.setArray(
          ++p,
          Columns.of(connection, "bool", rows, e -> stream(e).path("is_mature").booleanValue()));
      write.setArray(
          ++p,
          Columns.of(
              connection, "bigint", rows, e -> stream(e).path("category").path("id").longValue()));
      write.setArray(
          ++p,
          Columns.of(
              connection, "text", rows, e -> stream(e).path("category").path("name").asText()));
      write.setArray(
          ++p, Columns.of(connection, "bigint", rows, e -> Long.valueOf(data(e, "stream_rev"))));
      write.setArray(++p, Columns.of(connection, "uuid", rows, Envelope::id));
      write.executeUpdate();
    }
  }

  private static String data(Envelope envelope, String field) {
    return envelope.data().path(field).asText();
  }

  private static JsonNode stream(Envelope envelope) {
    return envelope.data().path("stream");
  }

  @Override
  public void check() throws Exception {
    try (Connection connection = environment.database().connection();
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT (SELECT count(*) FROM public.limit_events), (SELECT count(*) FROM public.limit_snapshot)")) {
      rows.next();
      Unbalanced.unlessEqual("ids of the limit", events, rows.getLong(1));
      Unbalanced.unlessEqual(
          "channels of the limit", Math.min(events, Events.SUBJECTS), rows.getLong(2));
    }
  }
}
