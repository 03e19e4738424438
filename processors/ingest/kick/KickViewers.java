package ingest.kick;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.envelope.Envelope;
import ingest.outbox.Intake;
import ingest.poll.ChannelPage;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.camel.ExchangeProperty;

/** The Java steps of the poller {@code kick-viewers}: what it asks, and what it was told. */
public final class KickViewers {
  private final ViewerCounts mapper = new ViewerCounts();
  private final ProbePeriods periods;

  public KickViewers(ProbePeriods periods) {
    this.periods = periods;
  }

  /**
   * By id: a batch by slug fails as a whole for one unknown slug, and comes back wrong at times.
   */
  public String query(@ExchangeProperty("page") ChannelPage page) {
    return page.channels().stream()
        .map(c -> "broadcaster_user_id=" + c.platformUserId())
        .collect(Collectors.joining("&"));
  }

  /** What Kick said of the page, and that its channels were asked for. */
  public Intake observed(JsonNode answer, @ExchangeProperty("page") ChannelPage page) {
    List<Envelope> envelopes = mapper.map(answer, page.channels(), Envelope.newTraceparent());
    return new Intake(envelopes, List.of(new ProbeSchedule(page, periods)));
  }
}
