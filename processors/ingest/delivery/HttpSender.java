package ingest.delivery;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import ingest.envelope.EventId;
import ingest.http.RetryAfter;
import ingest.outbox.OutboxEvent;
import ingest.signature.Signed;
import ingest.signature.StandardWebhooks;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Posts a batch's events to their target, signed, in requests of at most the target's batch size,
 * and notes what became of each. Runs between claim and settle, outside any transaction: whatever
 * happens here, an event may be sent again.
 *
 * <p>A refusal of several events at once is bisected until it is pinned to single events; a target
 * that takes none of them is broken, and they are not to blame. Connections are the target's own.
 * Redirects are not followed.
 */
public final class HttpSender implements Processor, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HttpSender.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Bytes of one request, below the 1 MiB that consumers take. */
  private static final int REQUEST_BYTES = 768 * 1024;

  private static final int ANSWER_BYTES = 1024 * 1024;

  /** Of a refusal's body; the rest is cut. */
  private static final int KEPT_BYTES = 2 * 1024;

  /** Single events that are tried before a target counts as broken, or as mended. */
  private static final int PROBES = 4;

  private final Vertx vertx;
  private final Lanes lanes;
  private final Duration timeout;
  private final DeliveryMetrics metrics;
  private final Map<String, HttpClient> clients = new ConcurrentHashMap<>();

  public HttpSender(Vertx vertx, Lanes lanes, Duration timeout, DeliveryMetrics metrics) {
    this.vertx = vertx;
    this.lanes = lanes;
    this.timeout = timeout;
    this.metrics = metrics;
  }

  /** What came back for one request: its status and body, or no answer at all. */
  private record Answer(int status, String body, @Nullable Duration retryAfter) {}

  @Override
  public void process(Exchange exchange) throws InterruptedException {
    Batch batch = exchange.getMessage().getBody(Batch.class);
    Lane lane = lanes.lane(batch.target().name());
    if (lane.doubtful() && !probe(batch)) {
      return;
    }
    int size = batch.suspicious() ? 1 : batch.target().batch();
    for (List<OutboxEvent> slice : slices(batch.unsent(), size)) {
      if (batch.expired() || batch.broken() != null) {
        return;
      }
      send(batch, slice);
      boolean refused = slice.stream().allMatch(e -> batch.outcome(e.id) instanceof Outcome.Failed);
      if (refused && slice.size() >= PROBES && batch.broken() == null) {
        breakOff(batch, slice, "refused all of " + slice.size() + " events");
      }
    }
  }

  /** True when the target takes one of the first few events again. */
  private boolean probe(Batch batch) throws InterruptedException {
    List<OutboxEvent> probes = batch.events().stream().limit(PROBES).toList();
    for (OutboxEvent event : probes) {
      send(batch, List.of(event));
      if (batch.broken() != null) {
        return false;
      }
      if (!(batch.outcome(event.id) instanceof Outcome.Failed)) {
        return true;
      }
    }
    if (probes.size() < PROBES) {
      return true; // too few to blame the target: they bear their refusals
    }
    breakOff(batch, probes, "still refuses events");
    return false;
  }

  /** The target is to blame, not these events: their refusals are taken back. */
  private static void breakOff(Batch batch, List<OutboxEvent> events, String reason) {
    Outcome first = batch.outcome(events.get(0).id);
    String why = first instanceof Outcome.Failed failed ? failed.reason() : "";
    events.stream()
        .filter(e -> batch.outcome(e.id) instanceof Outcome.Failed)
        .forEach(e -> batch.take(e.id));
    batch.breakOff(new Outcome.TargetBroken(reason + ": " + why, null));
  }

  private void send(Batch batch, List<OutboxEvent> slice) throws InterruptedException {
    long began = System.nanoTime();
    Outcome whole = judge(batch, slice, request(batch.target(), slice));
    metrics.attempt(batch.target().name(), slice.size(), whole, System.nanoTime() - began);
    if (whole instanceof Outcome.Settled) {
      return;
    }
    LOG.info(
        "deliver {}: {} events from {}: {}",
        batch.target().name(),
        slice.size(),
        EventId.text(slice.get(0).id),
        whole);
    if (whole instanceof Outcome.TargetBroken broken) {
      batch.breakOff(broken);
    } else if (slice.size() == 1) {
      batch.put(slice.get(0).id, whole);
    } else {
      bisect(batch, slice);
    }
  }

  private void bisect(Batch batch, List<OutboxEvent> slice) throws InterruptedException {
    int middle = slice.size() / 2;
    for (List<OutboxEvent> half :
        List.of(slice.subList(0, middle), slice.subList(middle, slice.size()))) {
      boolean hopeless =
          slice.stream().filter(e -> batch.outcome(e.id) instanceof Outcome.Failed).count()
                  >= PROBES
              && slice.stream().noneMatch(e -> batch.outcome(e.id) instanceof Outcome.Settled);
      if (hopeless) {
        breakOff(batch, slice, "refuses one event after the other");
      }
      if (batch.broken() != null || batch.expired()) {
        return;
      }
      send(batch, half);
    }
  }

  /**
   * What an answer says of the request as a whole; Settled means that each event has its outcome.
   */
  private static Outcome judge(Batch batch, List<OutboxEvent> slice, Object result) {
    if (!(result instanceof Answer answer)) {
      return new Outcome.TargetBroken(String.valueOf(result), null);
    }
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

  /** An {@link Answer}, or a string that says why there is none. */
  private Object request(Target target, List<OutboxEvent> slice) throws InterruptedException {
    boolean single = slice.size() == 1;
    byte[] body = single ? slice.get(0).envelope : join(slice);
    String id = single ? EventId.text(slice.get(0).id) : batchId(slice);
    Signed signed = StandardWebhooks.sign(target.secrets(), id, Instant.now(), body);
    URI url = Objects.requireNonNull(target.url());
    RequestOptions options =
        new RequestOptions()
            .setMethod(HttpMethod.POST)
            .setAbsoluteURI(url.toString())
            .setConnectTimeout(3_000)
            .putHeader(
                "content-type", "application/cloudevents" + (single ? "" : "-batch") + "+json")
            .putHeader(StandardWebhooks.ID, signed.id())
            .putHeader(StandardWebhooks.TIMESTAMP, signed.timestamp())
            .putHeader(StandardWebhooks.SIGNATURE, signed.signature());
    var answer =
        client(target)
            .request(options)
            .compose(request -> exchange(request, body))
            .toCompletionStage()
            .toCompletableFuture();
    try {
      return answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      return "no answer: " + e.getCause();
    } catch (TimeoutException e) {
      return "no answer within " + timeout.toSeconds() + " s";
    }
  }

  private io.vertx.core.Future<Answer> exchange(HttpClientRequest request, byte[] body) {
    request.idleTimeout(timeout.toMillis());
    return request.send(Buffer.buffer(body)).compose(HttpSender::read);
  }

  private static io.vertx.core.Future<Answer> read(HttpClientResponse response) {
    io.vertx.core.Promise<Answer> promise = io.vertx.core.Promise.promise();
    Buffer body = Buffer.buffer();
    response.exceptionHandler(promise::tryFail);
    response.handler(
        part -> {
          if (body.length() + part.length() > ANSWER_BYTES) {
            promise.tryFail(new IOException("an answer over " + ANSWER_BYTES + " bytes"));
            response.request().reset();
          } else {
            body.appendBuffer(part);
          }
        });
    response.endHandler(
        end ->
            promise.tryComplete(
                new Answer(
                    response.statusCode(),
                    body.toString(StandardCharsets.UTF_8),
                    RetryAfter.parse(response.getHeader("retry-after"), Instant.now()))));
    return promise.future();
  }

  private HttpClient client(Target target) {
    return clients.computeIfAbsent(
        target.name(),
        name ->
            vertx.createHttpClient(
                new HttpClientOptions()
                    .setKeepAlive(true)
                    .setKeepAliveTimeout(20)
                    .setMaxPoolSize(16)
                    .setMaxWaitQueueSize(64)
                    .setDecompressionSupported(false)));
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

  private static byte[] join(List<OutboxEvent> slice) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(64 * 1024);
    out.write('[');
    for (int i = 0; i < slice.size(); i++) {
      if (i > 0) {
        out.write(',');
      }
      out.writeBytes(slice.get(i).envelope);
    }
    out.write(']');
    return out.toByteArray();
  }

  /** A receiver may dedupe on it: the same events are the same batch, others are another. */
  private static String batchId(List<OutboxEvent> slice) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      slice.forEach(e -> sha256.update(EventId.text(e.id).getBytes(StandardCharsets.US_ASCII)));
      return "bat_" + HexFormat.of().formatHex(sha256.digest(), 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String cut(String body) {
    return body.length() > KEPT_BYTES ? body.substring(0, KEPT_BYTES) : body;
  }

  @Override
  public void close() {
    clients.values().forEach(HttpClient::close);
  }
}
