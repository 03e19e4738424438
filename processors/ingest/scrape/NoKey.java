package ingest.scrape;

import java.io.Serial;

/** Nobody was called: a scraper cannot be asked without something that is not configured. */
public final class NoKey extends Exception {
  @Serial private static final long serialVersionUID = 1;

  /** {@code missing}: the name of the setting's variable. */
  public NoKey(String provider, String missing) {
    super("%s is not asked: %s is not set".formatted(provider, missing));
  }
}
