package ingest.claim;

import ingest.delivery.Target;
import ingest.signature.Secret;
import ingest.signature.StandardWebhooks;
import ingest.signature.Verdict;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;

/**
 * The first step of a claim: nothing is parsed before it. The environment that the header names
 * signs with the secret that its deliveries are signed with. Leaves the body as bytes.
 *
 * <p>An environment that is not known is told what a bad signature is told, after the same work, so
 * that nobody learns from the answers which there are.
 */
public final class VerifyClaim implements Processor {
  /** Names the environment that claims. */
  public static final String ENVIRONMENT = "x-ingest-env";

  /** Bytes of a body; a claim is a few hundred. */
  private static final int MOST = 16 * 1024;

  private final Map<String, List<Secret>> secrets;

  /** Known to nobody. */
  private final List<Secret> decoy = List.of(random());

  private final ClaimMetrics metrics;
  private final Clock clock;

  /** {@code targets}: the environments, those of kind http. */
  public VerifyClaim(Collection<Target> targets, ClaimMetrics metrics, Clock clock) {
    this.secrets = targets.stream().collect(Collectors.toMap(Target::name, Target::secrets));
    this.metrics = metrics;
    this.clock = clock;
  }

  @Override
  public void process(Exchange exchange) {
    Message message = exchange.getMessage();
    byte[] body = Objects.requireNonNullElse(message.getBody(byte[].class), new byte[0]);
    if (body.length > MOST) {
      throw metrics.refuse(
          ClaimMetrics.Reason.TOO_LARGE, 413, "a claim has at most %d bytes".formatted(MOST));
    }
    String environment = message.getHeader(ENVIRONMENT, "", String.class);
    Verdict verdict =
        StandardWebhooks.verify(
            secrets.getOrDefault(environment, decoy),
            message.getHeader(StandardWebhooks.ID, String.class),
            message.getHeader(StandardWebhooks.TIMESTAMP, String.class),
            message.getHeader(StandardWebhooks.SIGNATURE, String.class),
            body,
            clock.instant());
    if (!verdict.valid()) {
      throw metrics.refuse(ClaimMetrics.Reason.SIGNATURE, 401, verdict.message());
    }
    message.setBody(body);
  }

  private static Secret random() {
    byte[] key = new byte[32];
    new SecureRandom().nextBytes(key);
    return Secret.parse("whsec_" + Base64.getEncoder().encodeToString(key));
  }
}
