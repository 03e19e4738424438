package ingest.trust;

import java.util.List;

/**
 * The trust score of a channel, from 0 to 100. Pure and deterministic; {@code docs/trust-score.md}
 * has the formula in words, and a change of it is a new {@link #VERSION}.
 *
 * <p>No certainty depends on how many viewers there are: who buys viewers buys no certainty.
 */
public final class Formula {
  /** Goes with each score, so that two of them are compared only where they can be. */
  public static final int VERSION = 1;

  static final String ENGAGEMENT = "engagement";
  static final String AUDIENCE = "audience";
  static final String CURVE = "curve";
  static final String REGULARITY = "regularity";

  /** After so many hours half of what could be known of an audience is known. */
  private static final double HALF_KNOWN = 20;

  /** Follows that an hour of one viewer brings in an audience that is trusted by half. */
  private static final double FOLLOWS_PER_VIEWER_HOUR = 0.02;

  /** Viewers per follower of an audience that is trusted by half. */
  private static final double VIEWERS_PER_FOLLOWER = 0.15;

  /** With fewer viewers any curve is possible. */
  private static final double FEW_VIEWERS = 5;

  /** A curve of fewer polls is none. */
  private static final int FEW_SAMPLES = 10;

  /** A peak of so little over the average: nobody comes or goes. */
  private static final double FLAT = 1.02;

  private static final double ALIVE = 1.15;

  /** A peak of so many averages: many came at once and went. */
  private static final double LIVELY = 2.5;

  private static final double JUMPING = 5;

  /** A best stream of so many times the median of all: an audience of one evening. */
  private static final double USUAL = 3;

  private static final double UNUSUAL = 10;

  private Formula() {}

  /** The score of what is known. */
  public static Score of(Known known) {
    Evidence evidence = Evidence.of(known);
    return new Score(
        List.of(
            engagement(known, evidence), audience(evidence), curve(known), regularity(evidence)));
  }

  /** Viewers who are people follow now and then. */
  private static Part engagement(Known known, Evidence evidence) {
    if (!known.followsHeard() || evidence.viewerHours() == 0) {
      return new Part(ENGAGEMENT, 35, 0, 0);
    }
    double brought = FOLLOWS_PER_VIEWER_HOUR * evidence.viewerHours();
    double value = evidence.follows() / (evidence.follows() + brought);
    return new Part(ENGAGEMENT, 35, value, certainty(evidence.hours()));
  }

  /** An audience comes from followers; one that is larger than they can be comes from elsewhere. */
  private static Part audience(Evidence evidence) {
    Integer followers = evidence.followers();
    if (followers == null || evidence.hours() == 0) {
      return new Part(AUDIENCE, 25, 0, 0);
    }
    double viewers = evidence.viewerHours() / evidence.hours();
    double share = viewers / Math.max(1, followers) / VIEWERS_PER_FOLLOWER;
    return new Part(AUDIENCE, 25, 1 / (1 + share * share), certainty(evidence.hours()));
  }

  /** People come and go; neither nobody for hours, nor all at once. */
  private static Part curve(Known known) {
    List<Streamed> drawn =
        known.counted().stream().filter(s -> s.samples() >= FEW_SAMPLES).toList();
    double hours = drawn.stream().mapToDouble(Streamed::hours).sum();
    if (hours == 0) {
      return new Part(CURVE, 20, 0, 0);
    }
    double shapes = drawn.stream().mapToDouble(s -> shape(s) * s.hours()).sum() / hours;
    return new Part(CURVE, 20, shapes * sameness(drawn), certainty(hours));
  }

  private static double shape(Streamed stream) {
    if (stream.average() < FEW_VIEWERS) {
      return 1;
    }
    double peakiness = stream.peakiness();
    return Math.min(between(FLAT, peakiness, ALIVE), 1 - between(LIVELY, peakiness, JUMPING));
  }

  private static double sameness(List<Streamed> drawn) {
    double[] averages = drawn.stream().mapToDouble(Streamed::average).sorted().toArray();
    double best = averages[averages.length - 1];
    double median = Math.max(FEW_VIEWERS, averages[(averages.length - 1) / 2]);
    return 1 - between(USUAL, best / median, UNUSUAL);
  }

  /** Who streams for a living does so every week. */
  private static Part regularity(Evidence evidence) {
    int weeks = evidence.observedWeeks();
    double value = weeks == 0 ? 0 : (double) evidence.activeWeeks() / weeks;
    return new Part(REGULARITY, 20, value, 0.95 * weeks / Known.WEEKS);
  }

  private static double certainty(double hours) {
    return hours / (hours + HALF_KNOWN);
  }

  /** 0 up to {@code from}, 1 from {@code to} on, a straight line between them. */
  private static double between(double from, double x, double to) {
    return Math.max(0, Math.min(1, (x - from) / (to - from)));
  }
}
