package ingest.kick;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.envelope.Envelope;
import ingest.outbox.Committed;
import ingest.outbox.Intake;
import ingest.poll.Failure;
import ingest.poll.PollRun;
import ingest.upstream.NotPermitted;
import java.sql.Timestamp;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;

/**
 * The Java steps of the poller {@code kick-viewers}. A page travels as the exchange property {@code
 * page}, from its claim to its commit or its skip.
 */
public final class KickViewers {
  private final ViewerCounts mapper = new ViewerCounts();
  private final ProbePeriods periods;

  public KickViewers(ProbePeriods periods) {
    this.periods = periods;
  }

  /** Reads the claimed rows as the run's next page. */
  public Page claimed(List<Map<String, Object>> rows, Exchange exchange) {
    Page page =
        new Page(
            UUID.fromString(exchange.getMessage().getHeader("token", String.class)),
            rows.stream().map(KickViewers::channel).toList());
    Objects.requireNonNull(PollRun.of(exchange)).claimed(page.channels().size());
    return page;
  }

  private static DueChannel channel(Map<String, Object> row) {
    return new DueChannel(
        column(row, "channel_id", Long.class),
        column(row, "external_id", String.class),
        column(row, "platform_user_id", String.class),
        column(row, "slot", Timestamp.class).toInstant(),
        column(row, "polled_at", Timestamp.class).toInstant());
  }

  private static <T> T column(Map<String, Object> row, String name, Class<T> type) {
    return type.cast(Objects.requireNonNull(row.get(name), name));
  }

  /**
   * By id: a batch by slug fails as a whole for one unknown slug, and comes back wrong at times.
   */
  public String query(@ExchangeProperty("page") Page page) {
    return page.channels().stream()
        .map(c -> "broadcaster_user_id=" + c.platformUserId())
        .collect(Collectors.joining("&"));
  }

  /** What Kick said of the page, and that its channels were asked for. */
  public Intake observed(JsonNode answer, @ExchangeProperty("page") Page page) {
    List<Envelope> envelopes = mapper.map(answer, page.channels(), Envelope.newTraceparent());
    return new Intake(envelopes, List.of(new ProbeSchedule(page, periods)));
  }

  /** Books the page with its run. */
  public void committed(@Body Committed committed, Exchange exchange) {
    Objects.requireNonNull(PollRun.of(exchange))
        .committed(committed.fresh().size(), committed.duplicates().size());
  }

  /** Sets what {@code probe-skip.sql} binds. */
  public void skipped(@ExchangeProperty("page") Page page, Exchange exchange) {
    Throwable cause = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
    name(page, exchange);
    exchange.getMessage().setHeader("slot", page.channels().get(0).slot().toString());
    exchange.getMessage().setHeader("count", page.channels().size());
    exchange.getMessage().setHeader("error", Failure.words(cause));
    Objects.requireNonNull(PollRun.of(exchange)).skippedPage();
  }

  /**
   * Nobody was asked: sets what {@code probe-release.sql} binds, and ends the run after this page,
   * because the next would be refused as well.
   */
  public void refused(@ExchangeProperty("page") Page page, Exchange exchange) {
    name(page, exchange);
    exchange.setProperty("due", 0);
    NotPermitted refusal = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, NotPermitted.class);
    Objects.requireNonNull(PollRun.of(exchange)).refused(String.valueOf(refusal.getMessage()));
  }

  private static void name(Page page, Exchange exchange) {
    exchange.getMessage().setHeader("token", page.token().toString());
    exchange
        .getMessage()
        .setHeader(
            "channels",
            page.channels().stream()
                .map(c -> Long.toString(c.channelId()))
                .collect(Collectors.joining(",", "{", "}")));
  }
}
