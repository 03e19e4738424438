package ingest.kick;

import ingest.envelope.Envelope;
import ingest.mapping.MalformedAnswer;
import ingest.outbox.Committed;
import ingest.outbox.Intake;
import ingest.poll.ChannelPage;
import ingest.poll.ChannelsPolled;
import ingest.poll.DueChannel;
import ingest.poll.PollRun;
import ingest.scrape.NoKey;
import ingest.scrape.Outcome;
import ingest.scrape.ScrapeCalls;
import ingest.upstream.NotPermitted;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;

/**
 * The Java steps of the poller {@code kick-followers}. The channels of a claim are asked for side
 * by side, each in a page of its own, because a scraper fetches one page a call.
 */
public final class KickFollowers {
  private static final String ENDED = "ended";
  private static final String READING = "reading";
  private static final String FIRST = "firstFailure";

  private final String site;

  /** {@code site}: what names of channels are appended to. */
  public KickFollowers(String site) {
    this.site = site.replaceFirst("/+$", "") + "/api/v2/channels/";
  }

  /** One page for each channel of the claim; each knows of the others that the run is to end. */
  public List<ChannelPage> each(@ExchangeProperty("page") ChannelPage page, Exchange exchange) {
    exchange.setProperty(ENDED, new AtomicBoolean());
    return page.channels().stream()
        .map(c -> new ChannelPage(page.poller(), page.token(), page.period(), List.of(c)))
        .toList();
  }

  /** What goes for {@code due} after a claim: 0 where the run is to end. */
  public int due(@ExchangeProperty("due") int due, @ExchangeProperty(ENDED) AtomicBoolean ended) {
    return ended.get() ? 0 : due;
  }

  /** Sets what the calls for the page's channel take: its address, and whom it is for. */
  public void name(@ExchangeProperty("page") ChannelPage page, Exchange exchange) throws Nameless {
    DueChannel channel = page.channels().get(0);
    String slug = channel.slug();
    if (slug == null) {
      throw new Nameless();
    }
    exchange.setProperty("target", site + URLEncoder.encode(slug, StandardCharsets.UTF_8));
    exchange.setProperty("channelId", channel.channelId());
  }

  /** The channel cannot be asked for: another has its name. */
  public static final class Nameless extends Exception {
    private static final long serialVersionUID = 1;

    Nameless() {
      super("the channel has no name now");
    }
  }

  /**
   * Reads the page that a call brought.
   *
   * @throws MalformedAnswer where another try may bring another
   */
  public void read(
      @Body byte[] body,
      @Header(Exchange.HTTP_RESPONSE_CODE) int status,
      @ExchangeProperty("page") ChannelPage page,
      Exchange exchange) {
    FollowerPage reading = FollowerPage.read(status, body, page.channels().get(0).platformUserId());
    ScrapeCalls.told(exchange, reading.outcome(), reading.said());
    if (reading.outcome() == Outcome.UNREADABLE || reading.outcome() == Outcome.FAILED) {
      throw new MalformedAnswer(reading.said());
    }
    exchange.setProperty(READING, reading);
  }

  /**
   * Before the second scraper is asked: keeps what came of the first, and has Camel forget that the
   * tries of this exchange are used up.
   */
  public void fallBack(Exchange exchange) {
    exchange.setProperty(FIRST, exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class));
    exchange.getMessage().removeHeaders("CamelRedeliver*");
    exchange.getExchangeExtension().setErrorHandlerHandled(null);
    exchange.getExchangeExtension().setFailureHandled(false);
    exchange.getExchangeExtension().setRedeliveryExhausted(false);
  }

  /**
   * What the page says of its channel, and that it was asked for.
   *
   * @throws NoCount where it says nothing of it, and would not on another try
   */
  public Intake observed(
      @ExchangeProperty("page") ChannelPage page, @ExchangeProperty(READING) FollowerPage reading)
      throws NoCount {
    if (reading.outcome() != Outcome.OK) {
      throw new NoCount(reading.said());
    }
    return new Intake(
        List.of(reading.event(page.channels().get(0).polled(), Envelope.newTraceparent())),
        List.of(new ChannelsPolled(page)));
  }

  /** The page is not there, or another account's. */
  public static final class NoCount extends Exception {
    private static final long serialVersionUID = 1;

    NoCount(String said) {
      super(said);
    }
  }

  /** The key of the job that is to fetch the page. */
  public String jobKey(@ExchangeProperty("page") ChannelPage page) {
    return new FollowersJob(page.channels().get(0).polled()).key();
  }

  /** Books the page with its run. */
  public void committed(@Body Committed committed, Exchange exchange) {
    Objects.requireNonNull(PollRun.of(exchange))
        .committed(committed.fresh().size(), committed.duplicates().size());
  }

  /** Books a page with its run that brings nothing yet. */
  public void ordered(Exchange exchange) {
    Objects.requireNonNull(PollRun.of(exchange)).committed(0, 0);
  }

  /**
   * Whether nobody was asked, so that the channel is due as before. Where one was asked and failed,
   * the page is skipped, although the other may not be asked: else it would be asked for for ever.
   */
  public boolean nobodyAsked(@ExchangeProperty(FIRST) Throwable first) {
    return first == null || first instanceof NotPermitted || first instanceof NoKey;
  }

  /** Ends the run: no scraper may be asked now. */
  public void ended(Exchange exchange) {
    exchange.getProperty(ENDED, AtomicBoolean.class).set(true);
    Throwable first = exchange.getProperty(FIRST, Throwable.class);
    Throwable last = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
    Objects.requireNonNull(PollRun.of(exchange))
        .refused(
            first == null
                ? String.valueOf(last.getMessage())
                : first.getMessage() + "; " + last.getMessage());
  }
}
