package ingest.operation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.store.DmDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Route;
import org.apache.camel.StatefulService;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code ingest.operation}: begins operations, does them, and calls them off.
 *
 * <p>An instance claims what is open under a lease of the database's clock and does it page by
 * page; each page ends with {@link #progressed}. Where the process ends, or the lease runs out,
 * another goes on from the position that was written last, so that the work of the page after it is
 * done again: a page must bear that. Thread-safe.
 */
public final class Operations {
  private static final Logger LOG = LoggerFactory.getLogger(Operations.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The usual lease; a run that kills processes has a shorter one. */
  public static final Duration LEASE = Duration.ofSeconds(60);

  /** Operations that one process is at; the others wait, here or elsewhere. */
  private static final int AT_ONCE = 4;

  /** Failures in a row after which nobody tries any more: some half an hour. */
  private static final int TRIES = 10;

  private static final int LONGEST_PAUSE_SECONDS = 300;
  private static final int LONGEST_ERROR = 2048;

  private static final String COLUMNS =
      """
      id, kind, CAST(request AS text) AS request, state, CAST(position AS text) AS position, done, total,
      CAST(counts AS text) AS counts, rate, error, who, why, cancelled_by, created_at, started_at, progressed_at, ended_at
      """;

  private static final String BEGIN =
      """
      INSERT INTO ingest.operation (kind, request, total, rate, who, why, created_at, due_at)
      VALUES (?, CAST(? AS jsonb), ?, ?, ?, ?, ingest.now(), ingest.now()) RETURNING id
      """;

  private static final String CLAIM =
      """
      UPDATE ingest.operation SET
          state = 'running', token = ?, due_at = ingest.now() + make_interval(secs => ?),
          started_at = coalesce(started_at, ingest.now()), progressed_at = coalesce(progressed_at, ingest.now())
      WHERE id = (
          SELECT id FROM ingest.operation
          WHERE state IN ('waiting', 'running') AND due_at <= ingest.now()
          ORDER BY due_at LIMIT 1
          FOR UPDATE SKIP LOCKED
      )
      RETURNING
      """
          + COLUMNS;

  /** What only waits, for a target that is away, makes no progress. */
  private static final String PROGRESSED =
      """
      UPDATE ingest.operation o SET
          progressed_at = CASE WHEN (o.position, o.done) IS DISTINCT FROM (n.position, n.done)
                               THEN ingest.now() ELSE o.progressed_at END,
          position = n.position, done = n.done, total = ?, counts = CAST(? AS jsonb), failures = 0, error = NULL,
          due_at = ingest.now() + make_interval(secs => ?)
      FROM (SELECT CAST(? AS jsonb) AS position, CAST(? AS bigint) AS done) n
      WHERE id = ? AND token = ? RETURNING cancelled_by
      """;

  private static final String KEEP =
      "UPDATE ingest.operation SET due_at = ingest.now() + make_interval(secs => ?) WHERE id = ? AND token = ?";

  private static final String END =
      """
      UPDATE ingest.operation SET
          state = ?, token = NULL, error = ?, due_at = ingest.now(), ended_at = ingest.now()
      WHERE id = ? AND token = ?
      """;

  private static final String RELEASE =
      "UPDATE ingest.operation SET token = NULL, due_at = ingest.now() WHERE id = ? AND token = ?";

  private static final String BROKE =
      """
      UPDATE ingest.operation SET
          token = NULL, error = ?, failures = failures + 1,
          state = CASE WHEN failures + 1 >= ? THEN 'failed' ELSE state END,
          ended_at = CASE WHEN failures + 1 >= ? THEN ingest.now() END,
          due_at = ingest.now() + make_interval(secs => least(power(2, failures), ?))
      WHERE id = ? AND token = ?
      """;

  private static final String FIND = "SELECT " + COLUMNS + " FROM ingest.operation WHERE id = ?";

  private static final String LATEST =
      "SELECT " + COLUMNS + " FROM ingest.operation WHERE id < ? ORDER BY id DESC LIMIT ?";

  /** What nobody is at ends at once. */
  private static final String CANCEL =
      """
      UPDATE ingest.operation SET
          cancelled_by = ?,
          state = CASE WHEN token IS NULL OR due_at <= ingest.now() THEN 'cancelled' ELSE state END,
          ended_at = CASE WHEN token IS NULL OR due_at <= ingest.now() THEN ingest.now() END,
          token = CASE WHEN due_at <= ingest.now() THEN NULL ELSE token END
      WHERE id = ? AND ended_at IS NULL
      """;

  private static final String RESUME =
      """
      UPDATE ingest.operation SET
          state = 'waiting', ended_at = NULL, cancelled_by = NULL, failures = 0, due_at = ingest.now(), progressed_at = NULL
      WHERE id = ? AND state IN ('failed', 'cancelled')
      """;

  private final CamelContext camel;
  private final DmDatabase dm;
  private final OperationMetrics metrics;
  private final double leaseSeconds;
  private final AtomicInteger here = new AtomicInteger();

  /** Those of one process, under the usual lease. */
  public Operations(CamelContext camel, DmDatabase dm, OperationMetrics metrics) {
    this(camel, dm, metrics, LEASE);
  }

  /**
   * The operations of one process.
   *
   * @param lease how long nothing may be heard of a page before another instance does it
   */
  public Operations(CamelContext camel, DmDatabase dm, OperationMetrics metrics, Duration lease) {
    this.camel = camel;
    this.dm = dm;
    this.metrics = metrics;
    this.leaseSeconds = lease.toMillis() / 1000.0;
  }

  /**
   * Begins an operation: it is committed, with its entry in the audit, when this returns; an
   * instance takes it within seconds.
   *
   * @param request what its kind understands; checked by the caller
   * @param total how much there is to do, where that is known
   * @param rate per second at most; null for as fast as it goes
   */
  public long begin(
      String kind, ObjectNode request, @Nullable Long total, @Nullable Integer rate, Actor actor)
      throws SQLException {
    return dm.transaction(tx -> begin(tx, kind, request, total, rate, actor));
  }

  /** The same in a transaction of the caller's. */
  public static long begin(
      Connection tx,
      String kind,
      ObjectNode request,
      @Nullable Long total,
      @Nullable Integer rate,
      Actor actor)
      throws SQLException {
    Audit.record(tx, actor, kind, request);
    try (PreparedStatement insert = tx.prepareStatement(BEGIN)) {
      insert.setString(1, kind);
      insert.setString(2, request.toString());
      insert.setObject(3, total, Types.BIGINT);
      insert.setObject(4, rate, Types.INTEGER);
      insert.setString(5, actor.who());
      insert.setString(6, actor.why());
      try (ResultSet rows = insert.executeQuery()) {
        rows.next();
        return rows.getLong(1);
      }
    }
  }

  /** Takes one that is open, for the routes behind; false when none is, or enough are at work. */
  public boolean claim(Exchange exchange) throws SQLException {
    if (camel.isStopping() || here.get() >= AT_ONCE) {
      return false;
    }
    Held held = claimed();
    if (held == null) {
      return false;
    }
    here.incrementAndGet();
    exchange.setProperty(Held.PROPERTY, held);
    exchange.setProperty("kind", held.kind());
    LOG.info("operation {} ({}): {}", held.id(), held.kind(), goingOn(held));
    return true;
  }

  private static String goingOn(Held held) {
    return held.position() == null ? "begins" : "goes on after " + held.done();
  }

  private @Nullable Held claimed() throws SQLException {
    UUID token = UUID.randomUUID();
    try (Connection connection = dm.connection();
        PreparedStatement claim = connection.prepareStatement(CLAIM)) {
      claim.setObject(1, token);
      claim.setDouble(2, leaseSeconds);
      try (ResultSet rows = claim.executeQuery()) {
        if (!rows.next()) {
          return null;
        }
        Operation row = operation(rows);
        String position = rows.getString("position");
        Held held =
            new Held(
                row.id(),
                row.kind(),
                (ObjectNode) row.request(),
                position == null ? null : json(position),
                row.done(),
                row.total(),
                row.counts(),
                row.rate(),
                token);
        if (row.cancelledBy() != null) {
          held.cancel();
        }
        return held;
      }
    }
  }

  /** Before each page: false when nothing is left, it is called off, or this process is to stop. */
  public boolean goesOn(Exchange exchange) {
    Held held = Held.of(exchange);
    held.pageBegins();
    return !held.finished() && !held.cancelled() && !camel.isStopping() && !leaving(held.kind());
  }

  /** A route that is being replaced waits for nobody. */
  private boolean leaving(String kind) {
    Route route = camel.getRoute(kind);
    return route == null
        || (route.getConsumer() instanceof StatefulService consumer
            && (consumer.isSuspending() || consumer.isSuspended() || !consumer.isRunAllowed()));
  }

  /** After each page: writes down how far it is, and keeps to its rate. */
  public void progressed(Exchange exchange) throws SQLException, InterruptedException {
    Held held = Held.of(exchange);
    try (Connection connection = dm.connection()) {
      progressed(connection, held);
    }
    paced(held);
  }

  /**
   * The same in the transaction of the page's own effect, which then is done once; keeps to no
   * rate, since it would hold that transaction open: the step {@link #progressed(Exchange)} after
   * it does.
   */
  public void progressed(Connection tx, Held held) throws SQLException {
    try (PreparedStatement update = tx.prepareStatement(PROGRESSED)) {
      JsonNode position = held.position();
      update.setObject(1, held.total(), Types.BIGINT);
      update.setString(2, held.counts().toString());
      update.setDouble(3, leaseSeconds);
      update.setString(4, position == null ? null : position.toString());
      update.setLong(5, held.done());
      update.setLong(6, held.id());
      update.setObject(7, held.token());
      try (ResultSet rows = update.executeQuery()) {
        if (!rows.next()) {
          throw new Lost(held.id());
        }
        if (rows.getString(1) != null) {
          held.cancel();
        }
      }
    }
  }

  private void paced(Held held) throws InterruptedException {
    long more = held.takePaced();
    metrics.done(held.kind(), more);
    long left = held.nanosToWait(more);
    while (left > 0 && !camel.isStopping()) {
      TimeUnit.NANOSECONDS.sleep(Math.min(left, TimeUnit.MILLISECONDS.toNanos(200)));
      left = held.nanosToWait(more);
    }
  }

  /**
   * Keeps it for another lease, within a page that takes long.
   *
   * @throws RuntimeException when another instance has it: this one must stop at once
   */
  public void keep(Held held) throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement keep = connection.prepareStatement(KEEP)) {
      keep.setDouble(1, leaseSeconds);
      keep.setLong(2, held.id());
      keep.setObject(3, held.token());
      if (keep.executeUpdate() == 0) {
        throw new Lost(held.id());
      }
    }
  }

  /** After its last page, or where it was called off, or given back since this process stops. */
  public void ended(Exchange exchange) throws SQLException {
    Held held = Held.of(exchange);
    try {
      if (held.finished()) {
        end(held, "done", null);
      } else if (held.cancelled()) {
        end(held, "cancelled", null);
      } else {
        release(held);
      }
    } finally {
      here.decrementAndGet();
    }
  }

  /** When a step of it failed: tried again after a while, unless it never can. */
  public void broke(Exchange exchange) throws SQLException {
    Held held = Held.of(exchange);
    Throwable cause = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
    try {
      if (cause instanceof Lost) {
        LOG.info("{}", cause.getMessage());
      } else if (cause instanceof OperationFailed) {
        end(held, "failed", cut(String.valueOf(cause.getMessage())));
      } else {
        broke(held, cut(String.valueOf(cause)));
      }
    } finally {
      here.decrementAndGet();
    }
  }

  private void end(Held held, String state, @Nullable String error) throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement end = connection.prepareStatement(END)) {
      end.setString(1, state);
      end.setString(2, error);
      end.setLong(3, held.id());
      end.setObject(4, held.token());
      end.executeUpdate();
    }
    LOG.info(
        "operation {} ({}): {} after {}{}",
        held.id(),
        held.kind(),
        state,
        held.done(),
        error == null ? "" : ": " + error);
  }

  private void release(Held held) throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement release = connection.prepareStatement(RELEASE)) {
      release.setLong(1, held.id());
      release.setObject(2, held.token());
      release.executeUpdate();
    }
    LOG.info("operation {} ({}): given back after {}", held.id(), held.kind(), held.done());
  }

  private void broke(Held held, String error) throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement broke = connection.prepareStatement(BROKE)) {
      broke.setString(1, error);
      broke.setInt(2, TRIES);
      broke.setInt(3, TRIES);
      broke.setInt(4, LONGEST_PAUSE_SECONDS);
      broke.setLong(5, held.id());
      broke.setObject(6, held.token());
      broke.executeUpdate();
    }
    LOG.warn("operation {} ({}): to be tried again: {}", held.id(), held.kind(), error);
  }

  private static String cut(String error) {
    String plain = error.replace("\0", "");
    return plain.length() > LONGEST_ERROR ? plain.substring(0, LONGEST_ERROR) : plain;
  }

  /** Empty when there is none of that number. */
  public Optional<Operation> find(long id) throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(FIND)) {
      query.setLong(1, id);
      return listed(query).stream().findFirst();
    }
  }

  /** The latest before {@code id}, the newest first. */
  public List<Operation> before(long id, int most) throws SQLException {
    try (Connection connection = dm.connection();
        PreparedStatement query = connection.prepareStatement(LATEST)) {
      query.setLong(1, id);
      query.setInt(2, most);
      return listed(query);
    }
  }

  /**
   * Calls it off: it ends after the page that it is at. What was done stays done.
   *
   * @return false when it had ended, or there is none
   */
  public boolean cancel(long id, Actor actor) throws SQLException {
    return acted(CANCEL, id, actor, "operation.cancel");
  }

  /**
   * Goes on with one that failed or was called off, from where it was.
   *
   * @return false when it is neither, or there is none
   */
  public boolean resume(long id, Actor actor) throws SQLException {
    return acted(RESUME, id, actor, "operation.resume");
  }

  private boolean acted(String statement, long id, Actor actor, String action) throws SQLException {
    return dm.transaction(
        tx -> {
          Audit.record(tx, actor, action, JSON.createObjectNode().put("operation", id));
          try (PreparedStatement update = tx.prepareStatement(statement)) {
            int p = 0;
            if (statement.equals(CANCEL)) {
              update.setString(++p, actor.who());
            }
            update.setLong(++p, id);
            return update.executeUpdate() > 0;
          }
        });
  }

  private static List<Operation> listed(PreparedStatement query) throws SQLException {
    List<Operation> operations = new ArrayList<>();
    try (ResultSet rows = query.executeQuery()) {
      while (rows.next()) {
        operations.add(operation(rows));
      }
    }
    return operations;
  }

  private static Operation operation(ResultSet rows) throws SQLException {
    return new Operation(
        rows.getLong("id"),
        rows.getString("kind"),
        json(rows.getString("request")),
        rows.getString("state"),
        rows.getLong("done"),
        rows.getObject("total", Long.class),
        (ObjectNode) json(rows.getString("counts")),
        rows.getObject("rate", Integer.class),
        rows.getString("error"),
        rows.getString("who"),
        rows.getString("why"),
        rows.getString("cancelled_by"),
        Objects.requireNonNull(time(rows, "created_at")),
        time(rows, "started_at"),
        time(rows, "progressed_at"),
        time(rows, "ended_at"));
  }

  private static @Nullable Instant time(ResultSet rows, String column) throws SQLException {
    OffsetDateTime time = rows.getObject(column, OffsetDateTime.class);
    return time == null ? null : time.toInstant();
  }

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("jsonb that is no JSON", e);
    }
  }
}
