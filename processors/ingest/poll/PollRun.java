package ingest.poll;

import ingest.upstream.NotPermitted;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.Exchange;
import org.apache.camel.util.ObjectHelper;
import org.jspecify.annotations.Nullable;

/** One run of a poller, from its trigger to its last page; steps of the run add to it. */
public final class PollRun {
  private static final String PROPERTY = "pollRun";

  private final UUID id = UUID.randomUUID();
  private final String poller;
  private final Instant at;
  private final boolean forced;
  private final long began = System.nanoTime();
  private volatile Duration took = Duration.ZERO;
  private volatile @Nullable String refusal;
  private final AtomicInteger channels = new AtomicInteger();
  private final AtomicInteger fresh = new AtomicInteger();
  private final AtomicInteger events = new AtomicInteger();
  private final AtomicInteger pages = new AtomicInteger();
  private final AtomicInteger skipped = new AtomicInteger();

  PollRun(String poller, Instant at, boolean forced) {
    this.poller = poller;
    this.at = at;
    this.forced = forced;
  }

  /** The run that an exchange belongs to; null outside of one. */
  public static @Nullable PollRun of(Exchange exchange) {
    return exchange.getProperty(PROPERTY, PollRun.class);
  }

  void attach(Exchange exchange) {
    exchange.setProperty(PROPERTY, this);
  }

  UUID id() {
    return id;
  }

  public void claimed(int number) {
    channels.addAndGet(number);
  }

  /** A page was committed. */
  public void committed(int fresh, int duplicates) {
    pages.incrementAndGet();
    events.addAndGet(fresh + duplicates);
    this.fresh.addAndGet(fresh);
  }

  public void skippedPage() {
    skipped.incrementAndGet();
  }

  /** It ended before its work was done, because the upstream is not to be called. */
  public void refused(String reason) {
    refusal = reason;
  }

  /** Books the refusal that an exchange has caught, however it is wrapped, with its run. */
  public static void refused(Exchange exchange) {
    NotPermitted refusal =
        ObjectHelper.getException(
            NotPermitted.class, exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class));
    Objects.requireNonNull(of(exchange))
        .refused(String.valueOf(Objects.requireNonNull(refusal).getMessage()));
  }

  /** Why it ended before its work was done; null when it did not. */
  public @Nullable String refusal() {
    return refusal;
  }

  public String poller() {
    return poller;
  }

  public Instant at() {
    return at;
  }

  /** True when it was asked for by hand, which a switched-off poller obeys too. */
  public boolean forced() {
    return forced;
  }

  void end() {
    took = Duration.ofNanos(System.nanoTime() - began);
  }

  /** How long it took, once it is over. */
  public double seconds() {
    return took.toMillis() / 1000.0;
  }

  public int channels() {
    return channels.get();
  }

  public int events() {
    return events.get();
  }

  public int fresh() {
    return fresh.get();
  }

  public int pages() {
    return pages.get();
  }

  public int skipped() {
    return skipped.get();
  }
}
