package ingest.webhook;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import ingest.outbox.Committed;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.camel.Exchange;
import org.apache.camel.InvalidPayloadException;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The step {@code bean:answerCall}, behind the commit: 200 for what was accepted or known, 400 for
 * what is not what its sender documents. Nothing of the call is in the answer.
 */
public final class AnswerCall implements Processor {
  private static final Logger LOG = LoggerFactory.getLogger(AnswerCall.class);

  /** Between two lines of the log about calls that are not committed. */
  private static final Duration QUIET = Duration.ofSeconds(10);

  private final WebhookMetrics metrics;
  private final Clock clock;
  private final AtomicLong told = new AtomicLong(System.nanoTime());

  public AnswerCall(WebhookMetrics metrics, Clock clock) {
    this.metrics = metrics;
    this.clock = clock;
  }

  @Override
  public void process(Exchange exchange) throws InvalidPayloadException {
    Message message = exchange.getMessage();
    Committed committed = message.getMandatoryBody(Committed.class);
    Call call = exchange.getProperty(Call.PROPERTY, Call.class);
    Mapped mapped = exchange.getProperty(CallMapper.MAPPED, Mapped.class);
    Mapped.Kind kind = mapped == null ? Mapped.Kind.MAPPED : mapped.kind();
    String source = call.sender.source();
    metrics.count(source, answer(kind, committed));
    metrics.accepted(source, Duration.between(call.arrival.time(), clock.instant()));
    if (kind == Mapped.Kind.UNPARSEABLE) {
      message.setHeader(Exchange.HTTP_RESPONSE_CODE, 400);
      message.setHeader(Exchange.CONTENT_TYPE, "application/json");
      message.setBody(
          JsonNodeFactory.instance
              .objectNode()
              .put("error", "the call is not what its sender documents; it is kept")
              .toString());
    } else {
      message.setHeader(Exchange.HTTP_RESPONSE_CODE, 200);
      message.setBody(null);
    }
  }

  /** Counts a call that is not committed; the log tells of it once in a while. */
  public void unavailable(Exchange exchange) {
    Call call = exchange.getProperty(Call.PROPERTY, Call.class);
    Exception reason = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
    metrics.count(call.sender.source(), WebhookMetrics.Answer.UNAVAILABLE);
    long now = System.nanoTime();
    long last = told.get();
    if (now - last >= 0 && told.compareAndSet(last, now + QUIET.toNanos())) {
      LOG.warn("{}: answered 503: {}", exchange.getFromRouteId(), reason.getMessage());
    }
  }

  private static WebhookMetrics.Answer answer(Mapped.Kind kind, Committed committed) {
    return switch (kind) {
      case UNPARSEABLE -> WebhookMetrics.Answer.UNPARSEABLE;
      case UNMAPPED -> WebhookMetrics.Answer.UNMAPPED;
      case MAPPED ->
          committed.fresh().isEmpty()
              ? WebhookMetrics.Answer.DUPLICATE
              : WebhookMetrics.Answer.ACCEPTED;
    };
  }
}
