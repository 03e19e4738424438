package ingest.embedded.simulator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.http.HttpServerRequest;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.Header;
import org.apache.camel.Message;
import org.jspecify.annotations.Nullable;

/**
 * Scrape.do and ScraperAPI, and Kick's page of a channel behind both: what they ask for, answer and
 * cost. Where credits run out Scrape.do answers 401 and ScraperAPI 403.
 */
public final class Scrapers implements AutoCloseable {
  /** Of a page that was fetched by a costly way, and of one that was not. */
  private static final int DEAR = 10;

  private static final int CHEAP = 1;
  private static final long ENOUGH = 1_000_000;
  private static final String SCRAPE_DO = "scrape-do";
  private static final String SCRAPERAPI = "scraperapi";
  private static final String PATH = "/api/v2/channels/";
  private static final String ANSWER = "answer";
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What a channel's page may be on demand. */
  private enum Page {
    BLOCKED,
    MISSING,
    OTHER_ACCOUNT,
    NO_COUNT
  }

  private final World world;
  private final Clock clock;
  private final Served served;
  private final ScrapeJobs jobs;
  private final Map<String, AtomicLong> credits =
      Map.of(SCRAPE_DO, new AtomicLong(ENOUGH), SCRAPERAPI, new AtomicLong(ENOUGH));
  private final Map<String, Page> pages = new ConcurrentHashMap<>();

  Scrapers(World world, Clock clock, Served served) {
    this.world = world;
    this.clock = clock;
    this.served = served;
    this.jobs = new ScrapeJobs();
  }

  /**
   * A page, as the site behind a scraper answers it.
   *
   * @param item null where there is none
   */
  private record Fetched(int status, @Nullable KickPage item, String json) {}

  private record Answer(int status, Map<String, String> headers, String body) {}

  /** Answers a call of Scrape.do. */
  public void scrapeDo(Exchange exchange) {
    Map<String, String> query = query(exchange);
    int cost = query.getOrDefault("super", "").equals("true") ? DEAR : CHEAP;
    if (!Simulator.SCRAPEDO_TOKEN.equals(query.get("token")) || !pay(SCRAPE_DO, cost)) {
      answer(exchange, 401, Map.of(), "{\"Message\":\"no credits, or the account is suspended\"}");
      return;
    }
    Fetched page = fetched(query.getOrDefault("url", ""));
    boolean charged = page.status == 200 || page.status == 404;
    Map<String, String> headers = new HashMap<>();
    headers.put("Scrape.do-Request-Cost", Integer.toString(charged ? cost : 0));
    headers.put(
        "Scrape.do-Remaining-Credits", Long.toString(refund(SCRAPE_DO, charged ? 0 : cost)));
    headers.put("Scrape.do-Initial-Status-Code", Integer.toString(page.status));
    record(page, exchange);
    answer(exchange, charged ? page.status : 502, headers, page.json);
  }

  /** Answers a synchronous call of ScraperAPI. */
  public void scraperApi(Exchange exchange) {
    Map<String, String> query = query(exchange);
    int cost = query.getOrDefault("premium", "").equals("true") ? DEAR : CHEAP;
    if (!Simulator.SCRAPER_API_KEY.equals(query.get("api_key"))) {
      answer(
          exchange, 401, Map.of(), "Unauthorized request, please make sure your API key is valid.");
      return;
    }
    if (!pay(SCRAPERAPI, cost)) {
      answer(
          exchange,
          403,
          Map.of(),
          "You have exhausted the API Credits available in this monthly cycle.");
      return;
    }
    Fetched page = fetched(query.getOrDefault("url", ""));
    boolean charged = page.status == 200 || page.status == 404;
    refund(SCRAPERAPI, charged ? 0 : cost);
    record(page, exchange);
    answer(
        exchange,
        charged ? page.status : 500,
        charged
            ? Map.of("sa-credit-cost", Integer.toString(cost), "sa-statuscode", "" + page.status)
            : Map.of(),
        charged ? page.json : "Request failed. You will not be charged for this request.");
  }

  /** Takes the order of a job. */
  public void order(@Body String body, Exchange exchange) throws JsonProcessingException {
    JsonNode order = JSON.readTree(body);
    int cost = order.at("/apiParams/premium").asBoolean() ? DEAR : CHEAP;
    if (!Simulator.SCRAPER_API_KEY.equals(order.path("apiKey").asText())) {
      answer(exchange, 401, Map.of(), "{\"error\":\"invalid key\"}");
      return;
    }
    if (!pay(SCRAPERAPI, cost)) {
      answer(exchange, 403, Map.of(), "{\"error\":\"out of credits\"}");
      return;
    }
    String target = order.path("url").asText();
    ObjectNode job = JsonNodeFactory.instance.objectNode();
    job.put("id", UUID.randomUUID().toString()).put("status", "running").put("url", target);
    jobs.take(job, order.at("/callback/url").asText(), () -> finished(job, fetched(target)));
    answer(exchange, 200, Map.of(), jobs.stands(job.path("id").asText()).orElseThrow());
  }

  private ObjectNode finished(ObjectNode job, Fetched page) {
    ObjectNode over = job.deepCopy().put("attempts", page.status == 403 ? 50 : 1);
    if (page.status == 403) {
      return over.put("status", "failed").put("failReason", "failed_due_to_timeout");
    }
    if (page.item != null) {
      served.add(List.of(page.item));
    }
    over.put("status", "finished");
    ObjectNode response = over.putObject("response");
    response.putObject("headers").put("sa-statuscode", "" + page.status);
    response.put("body", page.json).put("statusCode", page.status);
    return over;
  }

  /** Answers how a job stands. */
  public void stands(@Header("id") String id, Exchange exchange) {
    Optional<String> job = jobs.stands(id);
    answer(exchange, job.isPresent() ? 200 : 404, Map.of(), job.orElse("{\"error\":\"no job\"}"));
  }

  /**
   * Sets what comes of pages, credits and callbacks from now on: {@code {"credits": {"scrape-do":
   * 20}, "pages": {"oak-channel-2": "blocked"}, "lose_callbacks": 1, "fail_jobs": 1, "hold_jobs":
   * 1}}, each of them or none. An empty object as pages makes all of them well again.
   */
  public void control(@Body String body, Exchange exchange) {
    try {
      JsonNode order = JSON.readTree(body);
      order
          .path("credits")
          .properties()
          .forEach(c -> account(c.getKey()).set(c.getValue().longValue()));
      if (order.path("pages").isEmpty() && order.has("pages")) {
        pages.clear();
      }
      for (Map.Entry<String, JsonNode> page : order.path("pages").properties()) {
        pages.put(
            page.getKey(),
            Page.valueOf(page.getValue().asText().toUpperCase(Locale.ROOT).replace('-', '_')));
      }
      jobs.lose(order.path("lose_callbacks").asInt());
      jobs.fail(order.path("fail_jobs").asInt());
      jobs.hold(order.path("hold_jobs").asInt());
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw new InvalidRequest(
          "credits by scraper, pages by name (blocked, missing, other-account, no-count), lose_callbacks, fail_jobs, hold_jobs");
    }
    ObjectNode left = JsonNodeFactory.instance.objectNode();
    credits.forEach((scraper, account) -> left.put(scraper, account.get()));
    answer(exchange, 200, Map.of(), left.toString());
  }

  private AtomicLong account(String scraper) {
    AtomicLong account = credits.get(scraper);
    if (account == null) {
      throw new IllegalArgumentException("no scraper");
    }
    return account;
  }

  private boolean pay(String scraper, int cost) {
    return account(scraper).getAndUpdate(left -> left < cost ? left : left - cost) >= cost;
  }

  private long refund(String scraper, int cost) {
    return account(scraper).addAndGet(cost);
  }

  private Fetched fetched(String target) {
    Optional<SimulatedChannel> channel = channel(target);
    Page page = channel.map(c -> pages.get(c.slug())).orElse(null);
    if (channel.isEmpty() || page == Page.MISSING) {
      return new Fetched(404, null, "{\"error\":\"Not Found\"}");
    }
    if (page == Page.BLOCKED) {
      return new Fetched(
          403,
          null,
          "{\"error\":\"Request blocked by security policy.\",\"reference\":\"%s\"}"
              .formatted(UUID.randomUUID()));
    }
    Instant now = clock.instant();
    Optional<Livestream> live = world.livestream(channel.get(), now);
    if (page == Page.OTHER_ACCOUNT) {
      KickPage other =
          KickPage.of(channel.get(), channel.get().broadcasterUserId() + 100_000, live, now);
      return new Fetched(200, null, other.json());
    }
    KickPage item = KickPage.of(channel.get(), live, now);
    return page == Page.NO_COUNT
        ? new Fetched(200, null, item.json().replace("followers_count", "followersCount"))
        : new Fetched(200, item, item.json());
  }

  private Optional<SimulatedChannel> channel(String target) {
    try {
      String path = URI.create(target).getPath();
      return path != null && path.startsWith(PATH)
          ? world.bySlug(path.substring(PATH.length()))
          : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private void record(Fetched page, Exchange exchange) {
    if (page.item != null) {
      served.record(List.of(page.item), exchange.getProperty("request", HttpServerRequest.class));
    }
  }

  private static Map<String, String> query(Exchange exchange) {
    Map<String, String> query = new HashMap<>();
    String raw = exchange.getMessage().getHeader(Exchange.HTTP_RAW_QUERY, "", String.class);
    for (String part : raw.split("&", -1)) {
      String[] named = part.split("=", 2);
      if (named.length == 2) {
        query.put(named[0], URLDecoder.decode(named[1], StandardCharsets.UTF_8));
      }
    }
    return query;
  }

  private static void answer(
      Exchange exchange, int status, Map<String, String> headers, String body) {
    exchange.setProperty(ANSWER, new Answer(status, headers, body));
  }

  /** Makes the answer that was found the message, which has no headers of the request any more. */
  public void tell(Exchange exchange) {
    Answer answer = exchange.getProperty(ANSWER, Answer.class);
    Message message = exchange.getMessage();
    message.setHeader(Exchange.HTTP_RESPONSE_CODE, answer.status);
    message.setHeader(
        "Content-Type", answer.body.startsWith("{") ? "application/json" : "text/plain");
    answer.headers.forEach(message::setHeader);
    message.setBody(answer.body.getBytes(StandardCharsets.UTF_8), byte[].class);
  }

  @Override
  public void close() {
    jobs.close();
  }
}
