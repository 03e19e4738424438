package ingest.embedded.simulator;

import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Ahead of the routes: counts each call and chooses its fault, once.
 *
 * <p>A plain Vert.x handler on the server's own router, because platform-http runs a route to its
 * end on a worker thread: calls that hang would soon hold all of them. So a hanging call is kept
 * here, by a timer and no thread, and every other fault is told to the route in a header.
 */
final class FaultGate {
  /** The kind of the call's fault; never what a client sent under this name. */
  static final String FAULT = "SimulatedFault";

  static final String RETRY_AFTER = "SimulatedRetryAfter";
  private static final Duration LONGEST_HANG = Duration.ofSeconds(60);

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
    router.route(HttpMethod.GET, "/charts/v1/top").order(-1).handler(this::charts);
  }

  private void charts(RoutingContext call) {
    calls.charts();
    pass(call, faults.takeForCharts());
  }

  private void token(RoutingContext call) {
    calls.token();
    pass(call, faults.takeForToken());
  }

  /** A call that is refused for its token meets, and spends, no fault. */
  private void channels(RoutingContext call) {
    calls.channels();
    boolean refused = tokens.refuses(call.request().getHeader("Authorization"));
    pass(call, refused ? Optional.empty() : faults.takeForChannels(askedFor(call)));
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

  private static void pass(RoutingContext call, Optional<Fault> fault) {
    if (fault.isPresent() && fault.get().kind() == FaultKind.HANG) {
      hang(call);
      return;
    }
    var headers = call.request().headers().remove(FAULT).remove(RETRY_AFTER);
    fault.ifPresent(
        f -> {
          headers.set(FAULT, f.kind().kind());
          if (f.retryAfter() != null) {
            headers.set(RETRY_AFTER, String.valueOf(f.retryAfter()));
          }
        });
    call.next();
  }

  /** Keeps the connection open until the client gives up, but not for ever. */
  private static void hang(RoutingContext call) {
    long end =
        call.vertx()
            .setTimer(LONGEST_HANG.toMillis(), timer -> call.request().connection().close());
    call.response().closeHandler(closed -> call.vertx().cancelTimer(end));
  }
}
