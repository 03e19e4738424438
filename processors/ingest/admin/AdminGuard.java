package ingest.admin;

import ingest.operation.Actor;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Stands before every admin route, before its body is read. With {@code ADMIN_TOKENS}: a bearer
 * token, an operator's for what changes anything. Without: loopback only, under a loopback name and
 * from no web page, so that neither a rebound name nor a browser gets in. Whose token it was goes
 * on in the header {@link Actor#HOLDER}, which no caller can set.
 */
public final class AdminGuard implements Handler<RoutingContext> {
  /** Bytes of a body; what {@code emit} sends at once is less. */
  private static final long LONGEST = 4 * 1024 * 1024;

  private final AdminTokens tokens;

  public AdminGuard(AdminTokens tokens) {
    this.tokens = tokens;
  }

  @Override
  public void handle(RoutingContext context) {
    HttpServerRequest request = context.request();
    request.headers().remove(Actor.HOLDER);
    if (tooLong(request)) {
      proceed(context, false, 413, "a body has at most 4 MiB");
      return;
    }
    if (tokens.none()) {
      boolean local =
          loopback(request.remoteAddress().hostAddress())
              && request.authority() != null
              && loopback(request.authority().host())
              && request.getHeader("origin") == null;
      proceed(context, local, 403, "admin is open on loopback only unless ADMIN_TOKENS is set");
      return;
    }
    Optional<AdminTokens.Holder> holder = bearer(request).flatMap(tokens::find);
    if (holder.isEmpty()) {
      proceed(context, false, 401, "a bearer token of ADMIN_TOKENS is needed");
      return;
    }
    request.headers().set(Actor.HOLDER, holder.get().name());
    boolean looking = request.method().equals(HttpMethod.GET);
    proceed(context, looking || holder.get().operator(), 403, "this token may only look");
  }

  private static void proceed(RoutingContext context, boolean allowed, int status, String why) {
    if (allowed) {
      context.next();
    } else {
      context
          .response()
          .setStatusCode(status)
          .putHeader("content-type", "application/json")
          .end("{\"error\":\"" + why + "\"}");
    }
  }

  /** A body without a stated length is bounded by the server, at 10 MB. */
  private static boolean tooLong(HttpServerRequest request) {
    String length = request.getHeader("content-length");
    return length != null && (length.length() > 10 || Long.parseLong(length) > LONGEST);
  }

  private static Optional<String> bearer(HttpServerRequest request) {
    return Optional.ofNullable(request.getHeader("authorization"))
        .filter(h -> h.startsWith("Bearer "))
        .map(h -> h.substring("Bearer ".length()).strip());
  }

  /** True for a loopback address or {@code localhost}; asks no name service. */
  private static boolean loopback(@Nullable String host) {
    if (host == null) {
      return false;
    }
    if (host.equals("localhost")) {
      return true;
    }
    boolean literal = host.matches("[0-9.]+") || host.contains(":");
    try {
      return literal && InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }
}
