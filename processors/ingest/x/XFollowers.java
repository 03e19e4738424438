package ingest.x;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.envelope.Envelope;
import ingest.envelope.InvalidEnvelope;
import ingest.mapping.MalformedAnswer;
import ingest.outbox.Intake;
import ingest.poll.ChannelPage;
import ingest.poll.ChannelsPolled;
import ingest.poll.DueChannel;
import ingest.upstream.FailedAnswer;
import ingest.upstream.Permits;
import ingest.x.FollowerCounts.Answer;
import ingest.x.FollowerCounts.Reason;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Message;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The Java steps of the poller {@code x-followers}. */
public final class XFollowers {
  private static final Logger LOG = LoggerFactory.getLogger(XFollowers.class);

  /** The type of X's problem document, whose status is 429 as well. */
  private static final String USAGE_CAPPED = "/usage-capped";

  private final Supplier<String> bearerToken;
  private final Permits permits;
  private final Clock clock;
  private final MeterRegistry registry;

  /** {@code bearerToken} of the app; never printed. */
  public XFollowers(
      Supplier<String> bearerToken, Permits permits, Clock clock, MeterRegistry registry) {
    this.bearerToken = bearerToken;
    this.permits = permits;
    this.clock = clock;
    this.registry = registry;
    for (Reason reason : Reason.values()) {
      missing(reason);
    }
    capped();
  }

  /** The ids of the page. */
  public String query(@ExchangeProperty("page") ChannelPage page) {
    return page.channels().stream()
        .map(DueChannel::platformUserId)
        .collect(Collectors.joining(",", "ids=", "&user.fields=public_metrics"));
  }

  /** Who we are to X. */
  public String authorization() {
    return "Bearer " + bearerToken.get();
  }

  /** What X said of the page, and that its accounts were asked for. */
  public Intake observed(JsonNode answer, @ExchangeProperty("page") ChannelPage page) {
    Answer told;
    try {
      told = FollowerCounts.map(answer, page.channels(), Envelope.newTraceparent());
    } catch (InvalidEnvelope e) {
      throw new MalformedAnswer(String.valueOf(e.getMessage()));
    }
    told.missing().values().forEach(reason -> missing(reason).increment());
    return new Intake(
        told.envelopes(),
        List.of(new ChannelsPolled(page), new AccountsMissing(page, told.missing())));
  }

  /**
   * Fails what X refused. Where the cap of the billing period is the reason, nobody calls before
   * tomorrow, whatever the headers say.
   *
   * @throws HttpOperationFailedException for a status that is no success, as the call would itself
   */
  public void refused(Exchange exchange) throws HttpOperationFailedException, SQLException {
    Message answer = exchange.getMessage();
    int status = FailedAnswer.status(answer);
    if (status / 100 == 2) {
      return;
    }
    if (status == 429 && isCapped(answer.getBody(String.class))) {
      Instant tomorrow =
          clock
              .instant()
              .atOffset(ZoneOffset.UTC)
              .toLocalDate()
              .plusDays(1)
              .atStartOfDay()
              .toInstant(ZoneOffset.UTC);
      permits.pause("x", tomorrow, "X says that the usage cap of the billing period is reached");
      capped().increment();
      LOG.warn("x: the usage cap of the billing period is reached; not called before {}", tomorrow);
    }
    throw FailedAnswer.of("X", answer);
  }

  private static boolean isCapped(@Nullable String body) {
    return body != null && body.contains(USAGE_CAPPED);
  }

  private Counter missing(Reason reason) {
    return Counter.builder("ingest.x.accounts.missing")
        .description("Accounts that X was asked for and did not tell the followers of")
        .tag("reason", reason.word())
        .register(registry);
  }

  private Counter capped() {
    return Counter.builder("ingest.x.usage.capped")
        .description("Calls that X refused because the usage cap of the billing period is reached")
        .register(registry);
  }
}
