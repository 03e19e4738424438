package ingest.scraperapi;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ingest.scrape.NoKey;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import org.apache.camel.ExchangeProperty;
import org.jspecify.annotations.Nullable;

/** What ScraperAPI is asked with. Its key is in addresses and bodies, which nothing may tell. */
public final class ScraperApi {
  private static final String PROVIDER = "scraperapi";

  private final @Nullable String key;
  private final String parameters;
  private final @Nullable String callback;
  private final @Nullable CallbackToken tokens;

  /**
   * What it takes to ask and to be called back.
   *
   * @param parameters of every call, as in a query
   * @param callback the address of role {@code webhooks} as ScraperAPI reaches it
   * @param tokens makes what proves that a job was ours
   */
  public ScraperApi(
      @Nullable String key,
      String parameters,
      @Nullable String callback,
      @Nullable CallbackToken tokens) {
    this.key = key;
    this.parameters = parameters;
    this.callback = callback == null ? null : callback.replaceFirst("/+$", "");
    this.tokens = tokens;
  }

  public boolean hasKey() {
    return key != null;
  }

  /** The step before its tries. */
  public void requireKey() throws NoKey {
    key();
  }

  /** The step before the tries of a job. */
  public void requireCallback() throws NoKey {
    key();
    callback("none");
  }

  private String key() throws NoKey {
    if (key == null) {
      throw new NoKey(PROVIDER, "SCRAPER_API_KEY");
    }
    return key;
  }

  private String callback(String jobKey) throws NoKey {
    if (callback == null || tokens == null) {
      throw new NoKey(
          PROVIDER, callback == null ? "SCRAPERAPI_CALLBACK_URL" : "SCRAPERAPI_CALLBACK_SECRET");
    }
    return callback + "/wh/scraperapi/" + tokens.make(jobKey);
  }

  /** The query of the call for a page. */
  public String query(@ExchangeProperty("target") String target) throws NoKey {
    String query = "api_key=" + encoded(key()) + "&url=" + encoded(target);
    return parameters.isEmpty() ? query : query + "&" + parameters;
  }

  /** The body that orders a job. */
  public String order(
      @ExchangeProperty("target") String target, @ExchangeProperty("jobKey") String jobKey)
      throws NoKey {
    ObjectNode order = JsonNodeFactory.instance.objectNode();
    order.put("apiKey", key());
    order.put("url", target);
    order.putObject("callback").put("type", "webhook").put("url", callback(jobKey));
    order.put("expectUnsuccessReport", true);
    ObjectNode wanted = order.putObject("apiParams");
    for (String parameter : parameters.isEmpty() ? new String[0] : parameters.split("&")) {
      String[] parts = parameter.split("=", 2);
      if (parts.length == 2 && parts[1].matches("true|false")) {
        wanted.put(parts[0], Boolean.parseBoolean(parts[1]));
      } else {
        wanted.put(parts[0], parts.length == 2 ? parts[1] : "");
      }
    }
    return order.toString();
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
