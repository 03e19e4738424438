package ingest.scraperapi;

import com.fasterxml.jackson.databind.JsonNode;
import ingest.envelope.Envelope;
import ingest.envelope.EventType;
import ingest.kick.FollowerPage;
import ingest.kick.FollowersJob;
import ingest.mapping.Arrival;
import ingest.mapping.Mapper;
import ingest.scrape.Outcome;
import java.util.List;

/**
 * Maps the page that a job of {@code kick-followers} fetched. For a job of another kind, and for a
 * page that says nothing of the channel, there is no event: {@link FinishedJob} tells why.
 */
public final class FollowersOfJob implements Mapper {
  @Override
  public String source() {
    return "kick";
  }

  @Override
  public String type() {
    return FollowerPage.TYPE;
  }

  @Override
  public List<Envelope> map(JsonNode payload, EventType type, Arrival arrival) {
    String key = arrival.message() == null ? "" : JobMessage.job(arrival.message().id());
    JsonNode response = payload.path("response");
    return FollowersJob.of(key).map(FollowersJob::poll).stream()
        .flatMap(
            poll -> {
              FollowerPage page =
                  FollowerPage.read(
                      FinishedJob.status(response),
                      FinishedJob.page(response),
                      poll.platformUserId());
              return page.outcome() == Outcome.OK
                  ? List.of(page.event(poll, arrival.traceparent())).stream()
                  : List.<Envelope>of().stream();
            })
        .toList();
  }
}
