package ingest.trust;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The sums that a score was made of, for people: how much there was to judge by.
 *
 * @param streams that are over
 * @param counted those of them whose viewers were counted
 * @param hours of these
 * @param viewerHours viewers on average times hours, of these
 * @param follows that began in these
 * @param followers null where nobody told
 * @param observedWeeks in which the channel was known
 * @param activeWeeks in which it streamed
 */
public record Evidence(
    int streams,
    int counted,
    double hours,
    double viewerHours,
    int follows,
    boolean followsHeard,
    @Nullable Integer followers,
    int observedWeeks,
    int activeWeeks) {

  static Evidence of(Known known) {
    List<Streamed> counted = known.counted();
    return new Evidence(
        known.streams().size(),
        counted.size(),
        counted.stream().mapToDouble(Streamed::hours).sum(),
        counted.stream().mapToDouble(s -> s.average() * s.hours()).sum(),
        counted.stream().mapToInt(Streamed::follows).sum(),
        known.followsHeard(),
        known.followers(),
        known.observedWeeks(),
        known.activeWeeks());
  }

  void tell(ObjectNode data) {
    data.put("streams", streams)
        .put("counted_streams", counted)
        .put("hours", TrustScoreEvents.rounded(hours))
        .put("viewer_hours", TrustScoreEvents.rounded(viewerHours))
        .put("follows_heard", followsHeard)
        .put("observed_weeks", observedWeeks)
        .put("active_weeks", activeWeeks);
    if (followsHeard) {
      data.put("follows", follows);
    }
    if (followers != null) {
      data.put("followers", followers);
    }
  }
}
