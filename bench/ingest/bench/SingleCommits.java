package ingest.bench;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What PostgreSQL takes where each request has a commit of its own: 64 clients, each with its own
 * connection, insert a dedupe row, an event of 1 KiB and a delivery by one prepared statement.
 */
final class SingleCommits implements Contestant {
  private static final String INSERT =
      """
      WITH k AS (INSERT INTO public.hook_key (id) VALUES (?) ON CONFLICT DO NOTHING RETURNING id),
           e AS (INSERT INTO public.hook_event (id, source, type, subject, body)
                 SELECT id, 'resend', 'resend.email.delivered', 'resend:' || id, ? FROM k RETURNING id)
      INSERT INTO public.hook_delivery (id, target) SELECT id, 'clickhouse' FROM e
      """;

  private final Dm dm;
  private final String url;
  private final int requests;
  private final String body = "x".repeat(Hooks.BYTES);

  SingleCommits(Dm dm, int requests) {
    this.dm = dm;
    this.url = dm.settings().text("dm.database-url");
    this.requests = requests;
  }

  @Override
  public String name() {
    return "one commit per request, no HTTP";
  }

  @Override
  public void prepare() throws Exception {
    dm.execute(
        "DROP TABLE IF EXISTS public.hook_key, public.hook_event, public.hook_delivery",
        "CREATE TABLE public.hook_key (id uuid PRIMARY KEY)",
        """
        CREATE TABLE public.hook_event (id uuid PRIMARY KEY, source text NOT NULL, type text NOT NULL,
            subject text NOT NULL, body text NOT NULL, created_at timestamptz NOT NULL DEFAULT now())
        """,
        "ALTER TABLE public.hook_event ALTER COLUMN body SET STORAGE EXTERNAL",
        """
        CREATE TABLE public.hook_delivery (id uuid, target text, status smallint NOT NULL DEFAULT 0,
            due_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (id, target))
        """);
  }

  @Override
  public long run(Meter meter) throws Exception {
    List<Connection> connections = new ArrayList<>();
    ExecutorService clients = Executors.newFixedThreadPool(HookCalls.CONNECTIONS);
    try {
      for (int i = 0; i < HookCalls.CONNECTIONS; i++) {
        connections.add(DriverManager.getConnection(url));
      }
      AtomicInteger next = new AtomicInteger();
      meter.measure(
          () -> {
            List<Future<?>> ends = new ArrayList<>();
            for (Connection connection : connections) {
              ends.add(clients.submit(() -> insert(connection, next)));
            }
            for (Future<?> end : ends) {
              end.get();
            }
          });
    } finally {
      clients.shutdownNow();
      for (Connection connection : connections) {
        connection.close();
      }
    }
    return requests;
  }

  private Void insert(Connection connection, AtomicInteger next) throws Exception {
    try (PreparedStatement statement = connection.prepareStatement(INSERT)) {
      for (int i = next.getAndIncrement(); i < requests; i = next.getAndIncrement()) {
        statement.setObject(1, new UUID(System.currentTimeMillis() << 16, i));
        statement.setString(2, body);
        statement.executeUpdate();
      }
    }
    return null;
  }

  @Override
  public void check() throws Exception {
    Unbalanced.unlessEqual(
        "deliveries", requests, dm.number("SELECT count(*) FROM public.hook_delivery"));
  }
}
