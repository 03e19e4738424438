package ingest.operation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Objects;
import java.util.UUID;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * An operation that this process is at: the steps of its route read here what is asked for and how
 * far it is, and say here what they did. What they say stands in the database once {@link
 * Operations#progressed} has written it. Not thread-safe.
 */
public final class Held {
  static final String PROPERTY = "operation";

  private final long id;
  private final String kind;
  private final ObjectNode request;
  private final @Nullable Integer rate;
  private final UUID token;
  private final ObjectNode counts;
  private @Nullable JsonNode position;
  private long done;
  private @Nullable Long total;
  private boolean finished;
  private boolean cancelled;
  private long paced;
  private long pageBegan = System.nanoTime();

  Held(
      long id,
      String kind,
      ObjectNode request,
      @Nullable JsonNode position,
      long done,
      @Nullable Long total,
      ObjectNode counts,
      @Nullable Integer rate,
      UUID token) {
    this.id = id;
    this.kind = kind;
    this.request = request;
    this.position = position;
    this.done = done;
    this.total = total;
    this.counts = counts;
    this.rate = rate;
    this.token = token;
  }

  /** The operation that an exchange is about. */
  public static Held of(Exchange exchange) {
    return Objects.requireNonNull(exchange.getProperty(PROPERTY, Held.class), "no operation");
  }

  public long id() {
    return id;
  }

  public String kind() {
    return kind;
  }

  /** What was asked for, as its kind's API has checked it. */
  public ObjectNode request() {
    return request;
  }

  /** Where to go on; null at the beginning. */
  public @Nullable JsonNode position() {
    return position;
  }

  /** How many at once: {@code most}, or less where so many would take longer than a second. */
  public int pageSize(int most) {
    return rate == null ? most : Math.max(1, Math.min(most, rate));
  }

  /** A page is done, up to {@code next}. */
  public void advance(JsonNode next, long more) {
    position = next;
    done += more;
    paced += more;
  }

  /** Adds to what is counted under a word. */
  public void count(String word, long more) {
    if (more != 0) {
      counts.put(word, counts.path(word).asLong() + more);
    }
  }

  /** What there is to tell beside numbers: samples, reports. Kept small by who puts it there. */
  public ObjectNode counts() {
    return counts;
  }

  /** How much there is to do, as soon as that is known. */
  public void total(long known) {
    total = known;
  }

  /** Nothing is left to do. */
  public void finish() {
    finished = true;
  }

  boolean finished() {
    return finished;
  }

  boolean cancelled() {
    return cancelled;
  }

  void cancel() {
    cancelled = true;
  }

  UUID token() {
    return token;
  }

  long done() {
    return done;
  }

  @Nullable Long total() {
    return total;
  }

  /** How many were done since this was last asked. */
  long takePaced() {
    long taken = paced;
    paced = 0;
    return taken;
  }

  /** How long to wait so that {@code more}, done since the last page began, keep to the rate. */
  long nanosToWait(long more) {
    long now = System.nanoTime();
    return rate == null ? 0 : Math.max(0, pageBegan + more * 1_000_000_000L / rate - now);
  }

  void pageBegins() {
    pageBegan = System.nanoTime();
  }
}
