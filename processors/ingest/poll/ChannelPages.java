package ingest.poll;

import java.sql.Timestamp;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Message;

/**
 * The steps of pollers that work through {@code dm.channel_poll}. A page travels as the exchange
 * property {@code page}, from its claim to its commit, its release or its skip.
 */
public final class ChannelPages {
  /** Reads the rows of {@code poll-claim.sql} as the run's next page. */
  public ChannelPage claimed(List<Map<String, Object>> rows, Exchange exchange) {
    Message message = exchange.getMessage();
    ChannelPage page =
        new ChannelPage(
            message.getHeader("poller", String.class),
            UUID.fromString(message.getHeader("token", String.class)),
            Duration.ofSeconds(message.getHeader("periodSeconds", Integer.class)),
            rows.stream().map(ChannelPages::channel).toList());
    Objects.requireNonNull(PollRun.of(exchange)).claimed(page.channels().size());
    return page;
  }

  private static DueChannel channel(Map<String, Object> row) {
    return new DueChannel(
        column(row, "channel_id", Long.class),
        column(row, "external_id", String.class),
        column(row, "platform", String.class),
        column(row, "platform_user_id", String.class),
        (String) row.get("current_slug"),
        column(row, "slot", Timestamp.class).toInstant(),
        column(row, "polled_at", Timestamp.class).toInstant());
  }

  private static <T> T column(Map<String, Object> row, String name, Class<T> type) {
    return type.cast(Objects.requireNonNull(row.get(name), name));
  }

  /** Sets what {@code poll-release.sql} binds. */
  public void name(@ExchangeProperty("page") ChannelPage page, Exchange exchange) {
    Message message = exchange.getMessage();
    message.setHeader("poller", page.poller());
    message.setHeader("token", page.token().toString());
    message.setHeader("periodSeconds", page.period().toSeconds());
    message.setHeader(
        "channels",
        page.channels().stream()
            .map(c -> Long.toString(c.channelId()))
            .collect(Collectors.joining(",", "{", "}")));
  }

  /** Sets what {@code poll-skip.sql} binds, and books the page with its run. */
  public void skipped(@ExchangeProperty("page") ChannelPage page, Exchange exchange) {
    name(page, exchange);
    Message message = exchange.getMessage();
    message.setHeader("slot", page.channels().get(0).slot().toString());
    message.setHeader("count", page.channels().size());
    message.setHeader(
        "error", Failure.words(exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class)));
    Objects.requireNonNull(PollRun.of(exchange)).skippedPage();
  }

  /** Ends the run after this page: nobody is called before the permit's time has come. */
  public void refused(Exchange exchange) {
    exchange.setProperty("due", 0);
    PollRun.refused(exchange);
  }
}
