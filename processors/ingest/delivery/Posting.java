package ingest.delivery;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.envelope.EventId;
import ingest.outbox.OutboxEvent;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Posts a batch's events to their target, signed, in requests of at most the target's batch size,
 * and notes in the batch what became of each. Its connections are its own. Thread-safe.
 *
 * <p>A refusal of several events at once is bisected until it is pinned to single events; a target
 * that takes none of them is broken, and they are not to blame.
 */
public final class Posting implements AutoCloseable {
  /** Hears of each request. */
  public interface Attempts {
    /** {@code whole}: what the answer says of the request as a whole. */
    void made(String target, int events, Outcome whole, long nanos);
  }

  private static final Logger LOG = LoggerFactory.getLogger(Posting.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Bytes of one request, below the 1 MiB that consumers take. */
  private static final int REQUEST_BYTES = 768 * 1024;

  /** Of a refusal's body; the rest is cut. */
  private static final int KEPT_BYTES = 2 * 1024;

  /** Single events that are tried before a target counts as broken, or as mended. */
  private static final int PROBES = 4;

  private final SignedPost post;
  private final Attempts attempts;

  /** One whose requests are not those of deliveries, and not counted with them. */
  public Posting(Vertx vertx, Duration timeout) {
    this(vertx, timeout, (target, events, whole, nanos) -> {});
  }

  public Posting(Vertx vertx, Duration timeout, Attempts attempts) {
    this.post = new SignedPost(vertx, timeout);
    this.attempts = attempts;
  }

  /**
   * Returns when each event has its outcome, the target is broken, or it is not to go on.
   *
   * @param doubtful whether the target was broken before: single events come first
   * @param goesOn asked before each request
   * @throws InterruptedException when a request was broken off
   */
  public void post(Batch batch, boolean doubtful, BooleanSupplier goesOn)
      throws InterruptedException {
    if (doubtful && !probe(batch, goesOn)) {
      return;
    }
    int size = batch.suspicious() ? 1 : batch.target().batch();
    for (List<OutboxEvent> slice : slices(batch.unsent(), size)) {
      if (!goesOn.getAsBoolean()) {
        return;
      }
      send(batch, goesOn, slice);
      judgeTarget(batch);
    }
  }

  /** Tries single events from all over the batch: one bad kind of event does not fill them all. */
  private boolean probe(Batch batch, BooleanSupplier goesOn) throws InterruptedException {
    List<OutboxEvent> events = batch.events();
    int step = Math.max(1, events.size() / PROBES);
    for (int i = 0; i < events.size() && !batch.targetWorks() && goesOn.getAsBoolean(); i += step) {
      send(batch, goesOn, List.of(events.get(i)));
      judgeTarget(batch);
    }
    return batch.broken() == null;
  }

  /**
   * Refused request after request, and none taken: the target is to blame, not these events, whose
   * refusals are taken back. A 2xx that refuses events by name is a target that works.
   */
  private static void judgeTarget(Batch batch) {
    if (batch.targetWorks() || batch.broken() != null) {
      return;
    }
    List<OutboxEvent> refused =
        batch.events().stream().filter(e -> batch.outcome(e.id) instanceof Outcome.Failed).toList();
    if (refused.size() < PROBES) {
      return;
    }
    Outcome last = batch.outcome(refused.get(refused.size() - 1).id);
    String why = last instanceof Outcome.Failed failed ? failed.reason() : "";
    refused.forEach(e -> batch.take(e.id));
    batch.breakOff(new Outcome.TargetBroken("refuses every event: " + why, null));
  }

  private void send(Batch batch, BooleanSupplier goesOn, List<OutboxEvent> slice)
      throws InterruptedException {
    long began = System.nanoTime();
    Outcome whole = judge(batch, slice, post.send(batch.target(), slice));
    attempts.made(batch.target().name(), slice.size(), whole, System.nanoTime() - began);
    if (whole instanceof Outcome.Settled) {
      batch.works();
      return;
    }
    LOG.info(
        "deliver {}: {} events from {}: {}",
        batch.target().name(),
        slice.size(),
        EventId.text(slice.get(0).id),
        whole.reason());
    if (whole instanceof Outcome.TargetBroken broken) {
      batch.breakOff(broken);
    } else if (slice.size() == 1) {
      batch.put(slice.get(0).id, whole);
    } else {
      bisect(batch, goesOn, slice);
    }
  }

  private void bisect(Batch batch, BooleanSupplier goesOn, List<OutboxEvent> slice)
      throws InterruptedException {
    int middle = slice.size() / 2;
    for (List<OutboxEvent> half :
        List.of(slice.subList(0, middle), slice.subList(middle, slice.size()))) {
      judgeTarget(batch);
      if (!goesOn.getAsBoolean()) {
        return;
      }
      send(batch, goesOn, half);
    }
  }

  /**
   * What an answer says of the request as a whole; Settled means that each event has its outcome.
   */
  private static Outcome judge(Batch batch, List<OutboxEvent> slice, SignedPost.Reply reply) {
    if (reply instanceof SignedPost.Reply.None none) {
      return new Outcome.TargetBroken(none.reason(), null);
    }
    SignedPost.Reply.Answer answer = (SignedPost.Reply.Answer) reply;
    Outcome whole = Answers.of(answer.status(), answer.retryAfter(), cut(answer.body()));
    if (!(whole instanceof Outcome.Settled)) {
      return whole;
    }
    if (answer.body().isBlank()) {
      slice.forEach(e -> batch.put(e.id, whole));
      return whole;
    }
    JsonNode results;
    try {
      results = JSON.readTree(answer.body()).path("results");
    } catch (JacksonException e) {
      return new Outcome.TargetBroken("a 200 whose body is not JSON", null);
    }
    if (!results.isObject()) { // who speaks here is no consumer, and may have dropped the events
      return new Outcome.TargetBroken("a 200 whose body has no results", null);
    }
    for (OutboxEvent event : slice) {
      batch.put(event.id, Answers.ofEvent(results.path(EventId.text(event.id)), event.type));
    }
    return whole;
  }

  static List<List<OutboxEvent>> slices(List<OutboxEvent> events, int most) {
    List<List<OutboxEvent>> slices = new ArrayList<>();
    List<OutboxEvent> slice = new ArrayList<>();
    int bytes = 0;
    for (OutboxEvent event : events) {
      if (slice.size() == most
          || (!slice.isEmpty() && bytes + event.envelope.length > REQUEST_BYTES)) {
        slices.add(slice);
        slice = new ArrayList<>();
        bytes = 0;
      }
      slice.add(event);
      bytes += event.envelope.length + 1;
    }
    if (!slice.isEmpty()) {
      slices.add(slice);
    }
    return slices;
  }

  private static String cut(String body) {
    return body.length() > KEPT_BYTES ? body.substring(0, KEPT_BYTES) : body;
  }

  @Override
  public void close() {
    post.close();
  }
}
