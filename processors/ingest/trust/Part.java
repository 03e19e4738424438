package ingest.trust;

/**
 * One component of a score.
 *
 * @param name as in {@code docs/trust-score.md}
 * @param weight points of 100 that it decides about
 * @param value from 0, everything speaks against the audience, to 1
 * @param certainty which share of what could be known of it is known, from 0 to less than 1
 */
public record Part(String name, int weight, double value, double certainty) {
  /** Points that it has whatever the unknown share would say. */
  public double low() {
    return weight * certainty * value;
  }

  /** Points that it would have if the unknown share spoke for the audience. */
  public double high() {
    return weight * (certainty * value + 1 - certainty);
  }
}
