package ingest.embedded.simulator;

import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** An API that is simulated: a fault is one API's, and calls are counted for its upstream. */
enum Api {
  KICK("kick", "kick"),
  KICK_SUBSCRIPTIONS("kick-subscriptions", "kick"),
  KICK_SUBSCRIBE("kick-subscribe", "kick"),
  KICK_UNSUBSCRIBE("kick-unsubscribe", "kick"),
  CHARTS("charts", "charts"),
  X("x", "x"),
  SHEETS("sheets", "sheets"),
  SCRAPE_DO("scrape-do", "scrape-do"),
  SCRAPERAPI("scraperapi", "scraperapi");

  private final String api;
  private final String upstream;

  Api(String api, String upstream) {
    this.api = api;
    this.upstream = upstream;
  }

  /** The name in the control interface. */
  String api() {
    return api;
  }

  /** Whose budget of calls it shares. */
  String upstream() {
    return upstream;
  }

  /** Kick's when none is named. */
  static Optional<Api> of(@Nullable String name) {
    return name == null
        ? Optional.of(KICK)
        : Arrays.stream(values()).filter(known -> known.api.equals(name)).findFirst();
  }

  static String all() {
    return Arrays.stream(values()).map(Api::api).collect(Collectors.joining(", "));
  }

  static Set<String> upstreams() {
    return Arrays.stream(values()).map(Api::upstream).collect(Collectors.toSet());
  }
}
