package ingest.admin;

import ingest.operation.Actor;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
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

  /**
   * Who was let in.
   *
   * @param operator false for who may only look
   * @param holder whose token it was; null where none is asked for
   */
  public record Guest(boolean operator, @Nullable String holder) {}

  @Override
  public void handle(RoutingContext context) {
    Guest guest = enter(context, bearer(context.request()));
    if (guest != null) {
      boolean looking = context.request().method().equals(HttpMethod.GET);
      proceed(context, looking || guest.operator, 403, "this token may only look");
    }
  }

  /**
   * Lets a call in, or answers it and returns null: for what tells by itself whether a call looks
   * or acts. A token may come as a password beside its name, too, since Hawtio asks for both.
   */
  public @Nullable Guest enter(RoutingContext context) {
    HttpServerRequest request = context.request();
    return enter(context, bearer(request).or(() -> password(request)));
  }

  private @Nullable Guest enter(RoutingContext context, Optional<String> token) {
    HttpServerRequest request = context.request();
    request.headers().remove(Actor.HOLDER);
    if (tooLong(request)) {
      refuse(context, 413, "a body has at most 4 MiB");
      return null;
    }
    if (tokens.none()) {
      boolean local =
          loopback(request.remoteAddress().hostAddress())
              && request.authority() != null
              && loopback(request.authority().host())
              && request.getHeader("origin") == null;
      if (!local) {
        refuse(context, 403, "admin is open on loopback only unless ADMIN_TOKENS is set");
      }
      return local ? new Guest(true, null) : null;
    }
    AdminTokens.Holder holder = token.flatMap(tokens::find).orElse(null);
    if (holder == null) {
      refuse(context, 401, "a bearer token of ADMIN_TOKENS is needed");
      return null;
    }
    request.headers().set(Actor.HOLDER, holder.name());
    return new Guest(holder.operator(), holder.name());
  }

  private static void proceed(RoutingContext context, boolean allowed, int status, String why) {
    if (allowed) {
      context.next();
    } else {
      refuse(context, status, why);
    }
  }

  private static void refuse(RoutingContext context, int status, String why) {
    context
        .response()
        .setStatusCode(status)
        .putHeader("content-type", "application/json")
        .end("{\"error\":\"" + why + "\"}");
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

  /** The name beside it says nothing: a token knows whose it is. */
  private static Optional<String> password(HttpServerRequest request) {
    return Optional.ofNullable(request.getHeader("authorization"))
        .filter(h -> h.startsWith("Basic "))
        .flatMap(h -> decoded(h.substring("Basic ".length()).strip()))
        .map(both -> both.substring(both.indexOf(':') + 1));
  }

  private static Optional<String> decoded(String base64) {
    try {
      return Optional.of(new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
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
