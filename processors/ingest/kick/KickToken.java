package ingest.kick;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.mapping.MalformedAnswer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.apache.camel.CamelExecutionException;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.ProducerTemplate;

/**
 * Kick's app token, asked for once for all pollers of this process and kept until shortly before it
 * ends or Kick refuses it. Sets the {@code Authorization} header. The token is never logged.
 */
public final class KickToken implements Processor {
  /** Renewed this long before its end, so that no page begins with a token that ends under way. */
  private static final Duration MARGIN = Duration.ofMinutes(5);

  private final ProducerTemplate template;
  private final Clock clock;
  private String token = "";
  private Instant until = Instant.MIN;

  public KickToken(ProducerTemplate template, Clock clock) {
    this.template = template;
    this.clock = clock;
  }

  @Override
  public void process(Exchange exchange) throws Exception {
    exchange.getMessage().setHeader("Authorization", "Bearer " + token());
  }

  private synchronized String token() throws Exception {
    if (clock.instant().isAfter(until)) {
      JsonNode answer;
      try {
        answer = template.requestBody("direct:kick-request-token", null, JsonNode.class);
      } catch (CamelExecutionException e) {
        throw e.getCause() instanceof Exception cause ? cause : e;
      }
      if (!answer.path("access_token").isTextual()
          || !answer.path("expires_in").canConvertToLong()) {
        throw new MalformedAnswer("$", "access_token and expires_in");
      }
      token = answer.path("access_token").textValue();
      until = clock.instant().plusSeconds(answer.path("expires_in").longValue()).minus(MARGIN);
    }
    return token;
  }

  /** The next use asks for a new one: Kick refused this. */
  public synchronized void forget() {
    until = Instant.MIN;
  }
}
