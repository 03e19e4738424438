package ingest.scrape;

import java.util.Locale;

/** What became of a call of a scraper: {@code dm.scrape_log.outcome}, docs/states.md. */
public enum Outcome {
  /** The page came and says what was asked for. */
  OK,
  /** There is no such page. */
  NOT_FOUND,
  /** The page is another account's than the one that was meant. */
  OTHER_ACCOUNT,
  /** The site takes the scraper for a robot. */
  BLOCKED,
  /** The scraper wants no call of ours: too many at once, no credits, no key of its own. */
  REFUSED,
  /** No answer, or one that tells of a fault. */
  FAILED,
  /** The page came and is not what it should be. */
  UNREADABLE,
  /** A job is to fetch it. */
  ORDERED,
  /** The job that was asked about goes on. */
  RUNNING,
  /** The job that was asked about is over; what it brought is in its event. */
  OVER;

  /** As in tables and metrics. */
  public String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
