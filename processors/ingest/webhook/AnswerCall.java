package ingest.webhook;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import ingest.outbox.Committed;
import java.time.Clock;
import java.time.Duration;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;

/**
 * The step {@code bean:answerCall}, behind the commit: 200 for what was accepted or known, 400 for
 * what is not what its sender documents. Nothing of the call is in the answer.
 */
public final class AnswerCall implements Processor {
  private final WebhookMetrics metrics;
  private final Clock clock;

  public AnswerCall(WebhookMetrics metrics, Clock clock) {
    this.metrics = metrics;
    this.clock = clock;
  }

  @Override
  public void process(Exchange exchange) {
    Message message = exchange.getMessage();
    Committed committed = message.getMandatoryBody(Committed.class);
    Call call = exchange.getProperty(Call.PROPERTY, Call.class);
    Mapped mapped = exchange.getProperty(CallMapper.MAPPED, Mapped.class);
    Mapped.Kind kind = mapped == null ? Mapped.Kind.MAPPED : mapped.kind();
    String source = call.sender.source();
    metrics.count(source, answer(kind, committed));
    metrics.accepted(source, Duration.between(call.arrival.time(), clock.instant()));
    message.removeHeaders("*");
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
