package ingest.scrape;

import ingest.mapping.MalformedAnswer;
import ingest.upstream.AnswerOutOfBounds;
import ingest.upstream.Permits;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.jspecify.annotations.Nullable;

/**
 * The Java steps of a call of a scraper: before it, after it, and what goes into its row of {@code
 * dm.scrape_log}, which every call has, answered or not.
 *
 * <p>A scraper's address holds our key. So the HTTP step throws nothing for a status, whose
 * exception would tell the address to every log: {@link #answered} throws one that does not.
 */
public final class ScrapeCalls {
  /** Who fetches pages. */
  public static final List<String> PROVIDERS = List.of("scrape-do", "scraperapi");

  private static final int MOST_CHARACTERS = 2048;
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,9}(\\.[0-9]{1,6})?");
  private static final Pattern UNPRINTABLE = Pattern.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f]");

  /**
   * Also within a JSON string, where quotes have backslashes before them, and where the text was
   * cut: Kick's page has a signed address of the stream in it, which is nobody's business.
   */
  private static final Pattern PLAYBACK =
      Pattern.compile("(playback_url\\\\*\"\\s*:\\s*)\\\\*\"[^\"]*(\"|$)");

  private final Permits permits;
  private final Duration accountPause;
  private final Clock clock;
  private final MeterRegistry registry;

  /**
   * {@code accountPause}: for how long a scraper is not asked that has no credits or no account.
   */
  public ScrapeCalls(Permits permits, Duration accountPause, Clock clock, MeterRegistry registry) {
    this.permits = permits;
    this.accountPause = accountPause;
    this.clock = clock;
    this.registry = registry;
    for (String provider : PROVIDERS) {
      for (Outcome outcome : Outcome.values()) {
        calls(provider, outcome);
      }
    }
  }

  /** Right before a call, when its permit is there. */
  public void begin(Exchange exchange) {
    new ScrapeCall(
            exchange.getProperty("upstream", String.class),
            exchange.getProperty("target", String.class),
            exchange.getProperty("channelId", Long.class),
            clock.instant())
        .attach(exchange);
  }

  /**
   * Right after it: the body becomes bytes.
   *
   * @throws HttpOperationFailedException for a status that is neither the page's nor a job's
   */
  public void answered(Exchange exchange) throws SQLException, HttpOperationFailedException {
    ScrapeCall call = Objects.requireNonNull(ScrapeCall.of(exchange));
    Message answer = exchange.getMessage();
    int status = answer.getHeader(Exchange.HTTP_RESPONSE_CODE, Integer.class);
    call.status = status;
    Map<String, String> headers = headers(answer);
    call.cost = cost(headers);
    byte[] body = answer.getBody(byte[].class);
    call.body = body == null ? new byte[0] : body;
    answer.setBody(call.body, byte[].class);
    if (ofTheAccount(call.provider, status, headers)) {
      permits.pause(
          call.provider,
          clock.instant().plus(accountPause),
          "it answered %d: no credits, or no account of ours".formatted(status));
    }
    if (status != 404 && status != 410 && (status < 200 || status >= 300)) {
      throw new HttpOperationFailedException(call.provider, status, "", null, headers, "");
    }
  }

  private static Map<String, String> headers(Message answer) {
    Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    answer
        .getHeaders()
        .forEach(
            (name, value) -> {
              if (!name.startsWith("Camel") && value != null) {
                headers.put(name, value.toString());
              }
            });
    return headers;
  }

  private static @Nullable String cost(Map<String, String> headers) {
    String said = headers.getOrDefault("scrape.do-request-cost", headers.get("sa-credit-cost"));
    return said != null && NUMBER.matcher(said).matches() ? said : null;
  }

  /**
   * Scrape.do answers 401 where there are no credits; ScraperAPI 401 for the key and 403 for the
   * credits, which tells no status of a page.
   */
  private static boolean ofTheAccount(String provider, int status, Map<String, String> headers) {
    return status == 401
        || (status == 403
            && provider.equals("scraperapi")
            && !headers.containsKey("sa-statuscode"));
  }

  /** What became of the call that the exchange is in; a call that fails needs no telling. */
  public static void told(Exchange exchange, Outcome outcome, String said) {
    ScrapeCall call = Objects.requireNonNull(ScrapeCall.of(exchange));
    call.outcome = outcome;
    call.said = said;
  }

  /** Sets what {@code scrape-log.sql} binds; the call is over. */
  public void log(Exchange exchange) {
    ScrapeCall call = Objects.requireNonNull(ScrapeCall.of(exchange));
    ScrapeCall.end(exchange);
    Throwable failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
    Outcome outcome = call.outcome;
    String error = call.said;
    if (outcome == null) {
      outcome = outcome(failure, call);
      error = failure == null ? "" : error(failure);
    }
    calls(call.provider, outcome).increment();
    boolean wanted = outcome == Outcome.OK || call.body.length == 0;
    Message message = exchange.getMessage();
    message.setHeader("at", call.at.toString());
    message.setHeader("provider", call.provider);
    message.setHeader("target", call.target);
    message.setHeader("channelId", call.channelId);
    message.setHeader("status", call.status);
    message.setHeader("ms", call.millis());
    message.setHeader("bytes", call.body.length);
    message.setHeader("cost", call.cost);
    message.setHeader("outcome", outcome.word());
    message.setHeader("error", error.isEmpty() ? null : cut(error));
    message.setHeader("response", wanted ? null : beginning(call.body));
  }

  private static Outcome outcome(@Nullable Throwable failure, ScrapeCall call) {
    if (failure instanceof HttpOperationFailedException answer) {
      int status = answer.getStatusCode();
      Map<String, String> headers =
          Objects.requireNonNullElse(answer.getResponseHeaders(), Map.of());
      if (status == 429 || ofTheAccount(call.provider, status, headers)) {
        return Outcome.REFUSED;
      }
      return status == 403 ? Outcome.BLOCKED : Outcome.FAILED;
    }
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof MalformedAnswer || cause instanceof AnswerOutOfBounds) {
        return Outcome.UNREADABLE;
      }
    }
    return Outcome.FAILED;
  }

  private static String error(Throwable failure) {
    return failure instanceof HttpOperationFailedException answer
        ? "it answered " + answer.getStatusCode()
        : String.valueOf(failure);
  }

  /** Enough to see what it is. */
  private static String beginning(byte[] body) {
    return cut(
        withoutPlayback(
            new String(body, 0, Math.min(body.length, 1 << 16), StandardCharsets.UTF_8)));
  }

  /** The text of a page, or of what has one in it, without the address of the stream. */
  public static String withoutPlayback(String text) {
    return PLAYBACK.matcher(text).replaceAll("$1null");
  }

  private static String cut(String text) {
    String plain = UNPRINTABLE.matcher(text).replaceAll("");
    int end = Math.min(plain.length(), MOST_CHARACTERS);
    return plain.substring(
        0, end > 0 && Character.isHighSurrogate(plain.charAt(end - 1)) ? end - 1 : end);
  }

  private Counter calls(String provider, Outcome outcome) {
    return Counter.builder("ingest.scrape.calls")
        .description("Calls of scrapers, by what became of them")
        .tag("provider", provider)
        .tag("outcome", outcome.word())
        .register(registry);
  }
}
