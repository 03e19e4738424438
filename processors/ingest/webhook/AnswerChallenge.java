package ingest.webhook;

import io.micrometer.core.instrument.Counter;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.jspecify.annotations.Nullable;

/**
 * Answers whoever asks whether the sender's secret is known here; counts that it was asked, because
 * a sender that stops asking drops the webhook.
 */
public final class AnswerChallenge implements Processor {
  private static final int OK = 200;

  private final String source;
  private final @Nullable Processor challenge;
  private final Counter answered;

  /** {@code challenge}: null where no secret is configured. */
  public AnswerChallenge(String source, @Nullable Processor challenge, WebhookMetrics metrics) {
    this.source = source;
    this.challenge = challenge;
    this.answered = metrics.challenges(source);
  }

  @Override
  public void process(Exchange exchange) throws Exception {
    if (challenge == null) {
      throw new WebhookRefusal(404, "there is no secret of " + source + " here");
    }
    challenge.process(exchange);
    if (exchange.getMessage().getHeader(Exchange.HTTP_RESPONSE_CODE) instanceof Integer status
        && status == OK) {
      answered.increment();
    }
  }
}
