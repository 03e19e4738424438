package ingest.webhook;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.outbox.Original;
import ingest.store.ClickHouse;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps calls that were rejected in the archive, as far as there is room: best effort, never in
 * PostgreSQL, never in the way of a call.
 *
 * <p>Anybody may send what is rejected. So of each sender a few calls at once and one a second are
 * kept and the others counted; what waits for the next insert is bounded by number and bytes, and
 * the oldest gives way; and a call that the archive does not take at once is gone. Of a body its
 * beginning is kept, and nothing private, which a genuine call has that a wrong secret rejects; of
 * the headers those that its sender documents and a few that say who called: among the others may
 * be secrets. Thread-safe.
 */
public final class Rejections implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Rejections.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Calls of one sender that are kept at once; then one for each {@link #RATE}. */
  static final int BURST = 100;

  static final Duration RATE = Duration.ofSeconds(1);

  /** What waits in memory, at most. */
  static final int MOST_CALLS = 1000;

  static final int MOST_BYTES = 8 << 20;

  /** Bytes of a body that are kept. */
  static final int BODY = 4096;

  /** Characters of a header's value. */
  private static final int VALUE = 1000;

  private static final Duration EVERY = Duration.ofSeconds(1);
  private static final Duration INSERT = Duration.ofSeconds(5);
  private static final Duration LAST_INSERT = Duration.ofSeconds(2);

  /** Headers that are kept of any sender. */
  private static final Set<String> ANY =
      Set.of("content-type", "content-length", "content-encoding", "user-agent");

  private final @Nullable ClickHouse clickHouse;
  private final Map<String, Kept> senders;
  private final LongSupplier nanos;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread made = new Thread(task, "rejected-calls");
            made.setDaemon(true);
            return made;
          });

  private final Object lock = new Object();
  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private int bytes;
  private boolean closed;

  /** Of the flushing thread. */
  private boolean away;

  /**
   * Starts to flush about once a second.
   *
   * @param clickHouse null where this process knows none: rejected calls are only counted
   */
  public Rejections(
      @Nullable ClickHouse clickHouse, Collection<Sender> senders, MeterRegistry meters) {
    this(clickHouse, senders, meters, System::nanoTime, EVERY);
  }

  Rejections(
      @Nullable ClickHouse clickHouse,
      Collection<Sender> senders,
      MeterRegistry meters,
      LongSupplier nanos,
      Duration every) {
    this.clickHouse = clickHouse;
    this.nanos = nanos;
    this.senders =
        senders.stream()
            .collect(Collectors.toMap(Sender::source, s -> new Kept(s, meters, nanos.getAsLong())));
    if (clickHouse != null) {
      ScheduledFuture<?> unused = // no flush throws
          thread.scheduleWithFixedDelay(
              this::flush, every.toNanos(), every.toNanos(), TimeUnit.NANOSECONDS);
    } else {
      LOG.info("no ClickHouse is known here: rejected calls are counted and not kept");
    }
  }

  /**
   * Takes a call that was rejected, or counts it. Returns at once and never throws.
   *
   * @param source one of the senders; a call of nobody is nobody's, and not kept
   * @param headers of the request, whatever is in them
   * @param body of the request, at least its beginning; read now and never again
   * @param reason a word or two of this product, never of the call
   */
  public void offer(
      String source, Map<String, String> headers, byte[] body, String reason, Instant at) {
    Kept sender = senders.get(source);
    if (sender == null) {
      return;
    }
    try {
      if (!admitted(sender)) {
        sender.dropped.increment();
        return;
      }
      Waiting call =
          new Waiting(
              sender, line(sender.sender, headers, sender.sender.kept(body, false), reason, at));
      add(call);
    } catch (RuntimeException | JsonProcessingException e) {
      sender.dropped.increment();
      LOG.debug("keeping a rejected call of {}: {}", source, e.toString());
    }
  }

  private boolean admitted(Kept sender) {
    synchronized (lock) {
      return clickHouse != null && !closed && sender.admits(nanos.getAsLong());
    }
  }

  private void add(Waiting call) {
    List<Waiting> givingWay = new ArrayList<>();
    synchronized (lock) {
      waiting.add(call);
      bytes += call.line.length;
      while (waiting.size() > MOST_CALLS || bytes > MOST_BYTES) {
        Waiting oldest = waiting.removeFirst();
        bytes -= oldest.line.length;
        givingWay.add(oldest);
      }
    }
    givingWay.forEach(w -> w.sender.dropped.increment());
  }

  private static byte[] line(
      Sender sender, Map<String, String> headers, byte[] body, String reason, Instant at)
      throws JsonProcessingException {
    Set<String> known = new HashSet<>(sender.headers());
    known.add(sender.signature());
    known.addAll(ANY);
    Map<String, String> kept = new TreeMap<>();
    headers.forEach(
        (name, value) -> {
          String lower = name.toLowerCase(Locale.ROOT);
          if (known.contains(lower)) {
            kept.put(lower, cut(value));
          }
        });
    kept.put(InboxRow.REJECTED, cut(reason));
    byte[] beginning = body;
    if (body.length > BODY) {
      beginning = beginning(body);
      kept.put(InboxRow.BYTES, Integer.toString(body.length));
    }
    Original original =
        new Original("", "", kept.getOrDefault(sender.signature(), ""), kept, beginning);
    return JSON.writeValueAsBytes(
        InboxRow.rejected(sender.source(), UUID.randomUUID(), at, original));
  }

  /** Cut before a character of UTF-8, or where there is none at the most. */
  private static byte[] beginning(byte[] body) {
    int end = BODY;
    while (end > BODY - 4 && (body[end] & 0xC0) == 0x80) {
      end--;
    }
    return Arrays.copyOf(body, end);
  }

  private static String cut(String text) {
    return text.length() > VALUE ? text.substring(0, VALUE) : text;
  }

  private void flush() {
    List<Waiting> batch;
    Duration within;
    synchronized (lock) {
      batch = List.copyOf(waiting);
      within = closed ? LAST_INSERT : INSERT;
      waiting.clear();
      bytes = 0;
    }
    if (batch.isEmpty() || clickHouse == null) {
      return;
    }
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    for (Waiting call : batch) {
      lines.writeBytes(call.line);
      lines.write('\n');
    }
    boolean kept = false;
    try {
      clickHouse.insert(InboxRow.TABLE, UUID.randomUUID().toString(), lines.toByteArray(), within);
      kept = true;
      if (away) {
        LOG.info("rejected calls are kept again");
      }
      away = false;
    } catch (IOException | RuntimeException e) {
      if (!away) {
        LOG.warn("rejected calls are counted and not kept: {}", e.toString());
      }
      away = true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    for (Waiting call : batch) {
      (kept ? call.sender.kept : call.sender.dropped).increment();
    }
  }

  /** One more insert, within seconds. */
  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
    }
    thread.execute(this::flush);
    thread.shutdown();
    try {
      if (!thread.awaitTermination(2 * LAST_INSERT.toMillis(), TimeUnit.MILLISECONDS)) {
        thread.shutdownNow();
      }
    } catch (InterruptedException e) {
      thread.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }

  /** One call as the line of an insert. */
  private static final class Waiting {
    final Kept sender;
    final byte[] line;

    Waiting(Kept sender, byte[] line) {
      this.sender = sender;
      this.line = line;
    }
  }

  /** One sender, and how many of its calls may still be kept. */
  private static final class Kept {
    final Sender sender;
    final Counter kept;
    final Counter dropped;

    /** When all of the burst is there again; guarded by the lock. */
    private long fullAt;

    Kept(Sender sender, MeterRegistry meters, long now) {
      this.sender = sender;
      this.fullAt = now;
      this.kept =
          Counter.builder("ingest.webhooks.rejected.kept")
              .description("Rejected calls that are in the archive")
              .tag("source", sender.source())
              .register(meters);
      this.dropped =
          Counter.builder("ingest.webhooks.rejected.dropped")
              .description("Rejected calls that were only counted")
              .tag("source", sender.source())
              .register(meters);
    }

    boolean admits(long now) {
      if (fullAt - now < 0) {
        fullAt = now;
      }
      if (fullAt - now > (BURST - 1) * RATE.toNanos()) {
        return false;
      }
      fullAt += RATE.toNanos();
      return true;
    }
  }
}
