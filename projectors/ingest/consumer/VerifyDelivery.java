package ingest.consumer;

import ingest.signature.Secret;
import ingest.signature.StandardWebhooks;
import ingest.signature.Verdict;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;

/**
 * The first step of every internal endpoint: nothing is parsed before it. Signed are the bytes of
 * the body, or of a GET the path with its query. Leaves the body as bytes.
 */
public final class VerifyDelivery implements Processor {
  private final List<Secret> secrets;
  private final Clock clock;

  public VerifyDelivery(List<Secret> secrets, Clock clock) {
    this.secrets = List.copyOf(secrets);
    this.clock = clock;
  }

  @Override
  public void process(Exchange exchange) {
    Message message = exchange.getMessage();
    byte[] body =
        "GET".equals(message.getHeader(Exchange.HTTP_METHOD, String.class))
            ? target(message)
            : message.getBody(byte[].class);
    Verdict verdict =
        StandardWebhooks.verify(
            secrets,
            message.getHeader(StandardWebhooks.ID, String.class),
            message.getHeader(StandardWebhooks.TIMESTAMP, String.class),
            message.getHeader(StandardWebhooks.SIGNATURE, String.class),
            body == null ? new byte[0] : body,
            clock.instant());
    if (!verdict.valid()) {
      throw new Refusal(401, verdict.message());
    }
    message.setBody(body);
  }

  private static byte[] target(Message message) {
    String query = message.getHeader(Exchange.HTTP_QUERY, "", String.class);
    String path = message.getHeader(Exchange.HTTP_PATH, "", String.class);
    return (query.isEmpty() ? path : path + "?" + query).getBytes(StandardCharsets.UTF_8);
  }
}
