package ingest.webhook;

import ingest.envelope.Envelope;
import ingest.mapping.Arrival;
import ingest.signature.Scheme;
import ingest.signature.Verdict;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.jspecify.annotations.Nullable;

/**
 * The first step of a sender's route: nothing of a call is parsed before its signature holds. The
 * body becomes its bytes, the property {@link Call#PROPERTY} the call.
 *
 * <p>A sender without a secret here is one that is not known: 404.
 */
public final class VerifyWebhook implements Processor {
  /** Kept of every sender. */
  private static final List<String> COMMON = List.of("content-type", "user-agent");

  /** What is read of one header at most: more than the longest signature of any scheme. */
  private static final int MOST_CHARACTERS = 2048;

  private final Sender sender;
  private final @Nullable Scheme scheme;
  private final Rejections rejections;
  private final WebhookMetrics metrics;
  private final Clock clock;

  /** {@code scheme}: null where no secret is configured. */
  public VerifyWebhook(
      Sender sender,
      @Nullable Scheme scheme,
      Rejections rejections,
      WebhookMetrics metrics,
      Clock clock) {
    this.sender = sender;
    this.scheme = scheme;
    this.rejections = rejections;
    this.metrics = metrics;
    this.clock = clock;
    metrics.on(sender.source(), scheme != null);
  }

  @Override
  public void process(Exchange exchange) {
    if (scheme == null) {
      throw new WebhookRefusal(404, "there is no secret of " + sender.source() + " here");
    }
    Message message = exchange.getMessage();
    byte[] sent = message.getBody(byte[].class);
    byte[] body = sent == null ? new byte[0] : sent;
    Instant now = clock.instant();
    Map<String, String> kept = new HashMap<>();
    Stream.concat(sender.headers().stream(), COMMON.stream())
        .forEach(name -> keep(message, name, kept));
    Map<String, String> shown = new HashMap<>(kept);
    sender.secrets().forEach(name -> keep(message, name, shown));
    Verdict verdict = scheme.verify(shown, body, now);
    if (verdict.undecided()) {
      metrics.count(sender.source(), WebhookMetrics.Answer.UNAVAILABLE);
      throw new WebhookRefusal(503, verdict.message());
    }
    if (!verdict.valid()) {
      metrics.count(sender.source(), WebhookMetrics.Answer.REJECTED);
      rejections.offer(sender.source(), kept, body, verdict.message(), now);
      throw new WebhookRefusal(401, verdict.message());
    }
    Arrival arrival =
        new Arrival(now, null, sender.message(shown, body), Envelope.newTraceparent());
    exchange.setProperty(Arrival.PROPERTY, arrival);
    exchange.setProperty(Call.PROPERTY, new Call(sender, kept, body, arrival));
    message.setBody(body);
  }

  private static void keep(Message message, String name, Map<String, String> headers) {
    if (message.getHeader(name) instanceof String value) {
      headers.put(name, value.substring(0, Math.min(value.length(), MOST_CHARACTERS)));
    }
  }
}
