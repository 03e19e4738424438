package ingest.embedded.simulator;

import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Optional;

/**
 * Ahead of the routes: counts each call and chooses its fault, once.
 *
 * <p>A plain Vert.x handler on the server's own router, because platform-http runs a route to its
 * end on a worker thread: calls that hang would soon hold all of them. So what hangs, is reset or
 * has no end stays here ({@link Breakdown}), and every other fault is told to the route in a
 * header.
 */
final class FaultGate {
  /** The kind of the call's fault; never what a client sent under this name. */
  static final String FAULT = "SimulatedFault";

  static final String RETRY_AFTER = "SimulatedRetryAfter";

  private final World world;
  private final Tokens tokens;
  private final Faults faults;
  private final Calls calls;

  FaultGate(World world, Tokens tokens, Faults faults, Calls calls) {
    this.world = world;
    this.tokens = tokens;
    this.faults = faults;
    this.calls = calls;
  }

  void install(Router router) {
    router.route(HttpMethod.POST, "/oauth/token").order(-1).handler(this::token);
    router.route(HttpMethod.GET, "/public/v1/channels").order(-1).handler(this::channels);
    subscriptions(router, HttpMethod.GET, Api.KICK_SUBSCRIPTIONS);
    subscriptions(router, HttpMethod.POST, Api.KICK_SUBSCRIBE);
    subscriptions(router, HttpMethod.DELETE, Api.KICK_UNSUBSCRIBE);
    router.route(HttpMethod.GET, "/charts/v1/top").order(-1).handler(this::charts);
    router.route(HttpMethod.GET, "/2/users").order(-1).handler(call -> of(Api.X, call));
    router
        .route(HttpMethod.GET, "/v4/spreadsheets/:spreadsheet/values/:range")
        .order(-1)
        .handler(call -> of(Api.SHEETS, call));
    router.route(HttpMethod.GET, "/scrape-do").order(-1).handler(c -> of(Api.SCRAPE_DO, c));
    router.route("/scraperapi/*").order(-1).handler(c -> of(Api.SCRAPERAPI, c));
  }

  private void subscriptions(Router router, HttpMethod method, Api api) {
    router
        .route(method, "/public/v1/events/subscriptions")
        .order(-1)
        .handler(
            call -> {
              calls.arrived(api);
              boolean refused = tokens.refuses(call.request().getHeader("Authorization"));
              pass(call, api, refused ? Optional.empty() : faults.takeFor(api, List.of()));
            });
  }

  private void charts(RoutingContext call) {
    calls.charts();
    calls.arrived(Api.CHARTS);
    pass(call, Api.CHARTS, faults.takeFor(Api.CHARTS, List.of()));
  }

  private void of(Api api, RoutingContext call) {
    calls.arrived(api);
    pass(call, api, faults.takeFor(api, List.of()));
  }

  private void token(RoutingContext call) {
    calls.token();
    pass(call, Api.KICK, faults.takeForToken());
  }

  /** A call that is refused for its token meets, and spends, no fault. */
  private void channels(RoutingContext call) {
    calls.channels();
    calls.arrived(Api.KICK);
    boolean refused = tokens.refuses(call.request().getHeader("Authorization"));
    Optional<Fault> fault = refused ? Optional.empty() : faults.takeFor(Api.KICK, askedFor(call));
    pass(call, Api.KICK, fault);
  }

  private List<Long> askedFor(RoutingContext call) {
    try {
      return ChannelQuery.parse(call.request().query()).in(world).stream()
          .map(SimulatedChannel::broadcasterUserId)
          .toList();
    } catch (InvalidRequest e) {
      return List.of();
    }
  }

  private static void pass(RoutingContext call, Api api, Optional<Fault> fault) {
    var headers = call.request().headers().remove(FAULT).remove(RETRY_AFTER);
    if (fault.isPresent() && !brokenDown(call, api, fault.get().kind())) {
      headers.set(FAULT, fault.get().kind().kind());
      Integer seconds = fault.get().retryAfter();
      if (seconds != null) {
        headers.set(RETRY_AFTER, seconds.toString());
      }
      call.next();
    } else if (fault.isEmpty()) {
      call.next();
    }
  }

  /**
   * Carries out what no route can; and for an API that has no broken answers of its own, what
   * breaks one.
   */
  private static boolean brokenDown(RoutingContext call, Api api, FaultKind kind) {
    boolean own = api == Api.KICK;
    switch (kind) {
      case HANG -> Breakdown.hang(call);
      case RESET -> Breakdown.reset(call);
      case HUGE -> Breakdown.huge(call);
      case TRUNCATED -> {
        if (own) {
          return false;
        }
        Breakdown.breakOff(call);
      }
      case WRONG_TYPES -> {
        if (own) {
          return false;
        }
        Breakdown.otherTypes(call);
      }
      default -> {
        return false;
      }
    }
    return true;
  }
}
