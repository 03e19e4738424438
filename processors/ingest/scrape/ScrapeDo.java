package ingest.scrape;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import org.apache.camel.ExchangeProperty;
import org.jspecify.annotations.Nullable;

/**
 * What Scrape.do is asked with. Its token is a parameter of the address, which nothing may tell.
 */
public final class ScrapeDo {
  private final @Nullable String token;
  private final String parameters;

  /** {@code parameters}: of every call, as in a query. */
  public ScrapeDo(@Nullable String token, String parameters) {
    this.token = token;
    this.parameters = parameters;
  }

  public boolean hasKey() {
    return token != null;
  }

  /** The step before its tries. */
  public void requireKey() throws NoKey {
    key();
  }

  private String key() throws NoKey {
    if (token == null) {
      throw new NoKey("scrape-do", "SCRAPEDO_TOKEN");
    }
    return token;
  }

  /** The query of the call for a page. */
  public String query(@ExchangeProperty("target") String target) throws NoKey {
    String query = "token=" + encoded(key()) + "&url=" + encoded(target);
    return parameters.isEmpty() ? query : query + "&" + parameters;
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
