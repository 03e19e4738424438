package ingest.export;

import ingest.poll.PollRun;
import ingest.store.ClickHouse;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.camel.Exchange;

/**
 * The steps of {@code chat-export} that are more than a statement. Nothing here writes: objects are
 * put by the route, and a run is over with its commit.
 */
public final class ChatExport {
  private static final String RUN = "chatRun";
  private static final String PART = "chatPart";

  private final ChatRows source;
  private final Duration settle;
  private final Counter rows;
  private final Counter late;
  private final Counter objects;
  private final Counter bytes;
  private final Counter failures;

  /**
   * Makes the steps.
   *
   * @param settle how long after its {@code inserted_at} a row is there at the latest
   */
  public ChatExport(ClickHouse clickHouse, Duration settle, MeterRegistry meters) {
    this.source = new ChatRows(clickHouse);
    this.settle = settle;
    this.rows = counter(meters, "rows", "Lines of chat in committed runs of the export");
    this.late = counter(meters, "late.rows", "Those of them that came behind the watermark");
    this.objects = counter(meters, "objects", "Objects in committed runs of the export");
    this.bytes = counter(meters, "bytes", "Bytes of these objects");
    this.failures =
        counter(meters, "failures", "Runs of the export that did not come to their end");
  }

  private static Counter counter(MeterRegistry meters, String name, String description) {
    return Counter.builder("ingest.export.chat." + name).description(description).register(meters);
  }

  /**
   * Asks ClickHouse what is settled, for the plan: headers {@code insertedUntil}, {@code oldest}.
   */
  public void look(Exchange exchange) throws IOException, InterruptedException {
    String env = exchange.getMessage().getHeader("env", String.class);
    exchange.getMessage().setHeader("insertedUntil", Math.max(0, source.settled(settle)));
    exchange.getMessage().setHeader("oldest", source.oldest(env));
  }

  /**
   * Takes the row that the claim gave: the plan of this run, or of the one that it takes over.
   * Property {@code due}: 1 where another run follows at once.
   */
  public void begin(Exchange exchange) {
    Map<?, ?> plan = (Map<?, ?>) exchange.getMessage().getBody(List.class).get(0);
    ChatSpan span =
        new ChatSpan(
            exchange.getMessage().getHeader("env", String.class),
            time(plan, "span_from"),
            time(plan, "span_until"),
            time(plan, "inserted_from"),
            time(plan, "inserted_until"),
            ((Number) Objects.requireNonNull(plan.get("part_rows"))).intValue());
    exchange.setProperty(RUN, new ChatRun(span, source));
    exchange.setProperty("due", Boolean.TRUE.equals(plan.get("more")) ? 1 : 0);
  }

  private static Instant time(Map<?, ?> row, String column) {
    return ((Timestamp) Objects.requireNonNull(row.get(column), column)).toInstant();
  }

  /** Builds the next object; false when none is left. */
  public boolean next(Exchange exchange) throws IOException, InterruptedException {
    ChatObject part = run(exchange).next();
    exchange.setProperty(PART, part);
    return part != null;
  }

  /**
   * After the lease was renewed, or the run committed.
   *
   * @throws LostRun when the statement did not find this instance's run
   */
  public void stillOurs(Exchange exchange) throws LostRun {
    if (exchange.getMessage().getHeader("CamelSqlUpdateCount", 0, Integer.class) == 0) {
      throw new LostRun();
    }
  }

  /** Makes the object the body, and its name the header {@code key}. */
  public void take(Exchange exchange) {
    ChatObject part = part(exchange);
    exchange.getMessage().setHeader("key", part.key());
    exchange.getMessage().setBody(part.gzip());
  }

  /** The object is where it belongs. */
  public void written(Exchange exchange) {
    run(exchange).written(part(exchange));
  }

  /**
   * What the ledger says of the run: headers {@code rows}, {@code lateRows}, {@code objects},
   * {@code bytes}.
   */
  public void sum(Exchange exchange) {
    ChatRun run = run(exchange);
    exchange.getMessage().setHeader("rows", run.rows());
    exchange.getMessage().setHeader("lateRows", run.lateRows());
    exchange.getMessage().setHeader("objects", run.objects());
    exchange.getMessage().setHeader("bytes", run.bytes());
  }

  /** Counts a run that is committed. */
  public void committed(Exchange exchange) {
    ChatRun run = run(exchange);
    rows.increment((double) run.rows());
    late.increment((double) run.lateRows());
    objects.increment(run.objects());
    bytes.increment((double) run.bytes());
    PollRun poll = PollRun.of(exchange);
    if (poll != null) {
      poll.committed((int) run.rows(), 0);
    }
  }

  /** Counts a run that came to nothing. */
  public void failed(Exchange exchange) {
    failures.increment();
    PollRun poll = PollRun.of(exchange);
    if (poll != null) {
      poll.skippedPage();
    }
  }

  private static ChatObject part(Exchange exchange) {
    return Objects.requireNonNull(exchange.getProperty(PART, ChatObject.class));
  }

  private static ChatRun run(Exchange exchange) {
    return Objects.requireNonNull(exchange.getProperty(RUN, ChatRun.class));
  }
}
