package ingest.jmx;

import ingest.admin.AdminGuard;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jolokia.json.JSONStructure;
import org.jolokia.server.core.config.ConfigKey;
import org.jolokia.server.core.config.StaticConfiguration;
import org.jolokia.server.core.http.HttpRequestHandler;
import org.jolokia.server.core.request.BadRequestException;
import org.jolokia.server.core.request.EmptyResponseException;
import org.jolokia.server.core.service.JolokiaServiceManagerFactory;
import org.jolokia.server.core.service.api.JolokiaServiceManager;
import org.jolokia.server.core.service.impl.QuietLogHandler;
import org.jolokia.server.core.util.NetworkUtil;
import org.jolokia.service.jmx.LocalRequestHandler;
import org.jolokia.service.serializer.JolokiaSerializer;

/**
 * JMX over HTTP, as Jolokia speaks it, at {@link #PATH} of the management port.
 *
 * <p>There are two of Jolokia: one that looks and one that acts. A GET goes to the one that looks,
 * whoever asks, so that no link and no image of a web page does anything; a POST goes to the one
 * that acts where the guard let an operator in.
 */
public final class JmxHttp implements AutoCloseable {
  public static final String PATH = "/observe/jolokia";

  /** Bytes of a body; Hawtio asks for hundreds of attributes at once. */
  private static final long LONGEST = 1024 * 1024;

  private static final String GUEST = "guest";

  private final JolokiaServiceManager looking;
  private final JolokiaServiceManager acting;
  private final HttpRequestHandler looks;
  private final HttpRequestHandler acts;

  /** {@code deeds}: where operations are remembered before they are tried. */
  public JmxHttp(Deeds deeds) {
    this.looking = jolokia("looks", false, new ListedRequests(null));
    this.acting = jolokia("acts", true, new ListedRequests(deeds));
    this.looks = new HttpRequestHandler(looking.start());
    this.acts = new HttpRequestHandler(acting.start());
  }

  private static JolokiaServiceManager jolokia(
      String name, boolean acts, LocalRequestHandler requests) {
    StaticConfiguration configuration =
        new StaticConfiguration(
            ConfigKey.AGENT_ID,
            NetworkUtil.getAgentId(System.identityHashCode(requests), name),
            ConfigKey.AGENT_DESCRIPTION,
            "ingest",
            ConfigKey.DISABLE_DETECTORS,
            "true",
            ConfigKey.ALLOW_ERROR_DETAILS,
            "false",
            ConfigKey.MAX_COLLECTION_SIZE,
            "10000",
            ConfigKey.MAX_OBJECTS,
            "200000");
    JolokiaServiceManager manager =
        JolokiaServiceManagerFactory.createJolokiaServiceManager(
            configuration, new QuietLogHandler(), new Policy(acts));
    manager.addService(new JolokiaSerializer());
    manager.addService(requests);
    return manager;
  }

  /** In front of what else the port serves, so that a refused call's body is never read. */
  public void mount(Router port, AdminGuard guard) {
    port.route(PATH + "*")
        .order(-1)
        .handler(
            call -> {
              AdminGuard.Guest guest = guard.enter(call);
              if (guest != null) {
                call.put(GUEST, guest);
                call.next();
              }
            });
    port.route(PATH + "*")
        .order(-1)
        .handler(BodyHandler.create(false).setBodyLimit(LONGEST))
        .blockingHandler(this::answer, false);
  }

  /** What goes wrong within a request is in its answer; what escapes was none. */
  private void answer(RoutingContext call) {
    HttpMethod method = call.request().method();
    if (!method.equals(HttpMethod.GET) && !method.equals(HttpMethod.POST)) {
      refuse(call, 405, "GET looks, POST looks or acts");
      return;
    }
    AdminGuard.Guest guest = call.get(GUEST);
    try {
      String json =
          method.equals(HttpMethod.GET)
              ? got(call)
              : Caller.as(guest.holder(), () -> posted(call, guest.operator() ? acts : looks));
      call.response()
          .putHeader("content-type", "application/json")
          .putHeader("cache-control", "no-store")
          .putHeader("x-content-type-options", "nosniff")
          .end(json);
    } catch (BadRequestException | URISyntaxException | RuntimeException e) {
      refuse(call, 400, "this is no request of Jolokia's");
    } catch (EmptyResponseException | IOException e) {
      refuse(call, 400, "notifications are not served");
    }
  }

  private String got(RoutingContext call)
      throws BadRequestException, EmptyResponseException, URISyntaxException {
    String uri = call.request().uri();
    String path = new URI(uri).getPath().substring(PATH.length());
    return looks.handleGetRequest(uri, path, parameters(call)).toJSONString();
  }

  private static String posted(RoutingContext call, HttpRequestHandler handler)
      throws BadRequestException, EmptyResponseException, IOException {
    Buffer body = call.body().buffer();
    byte[] bytes = body == null ? new byte[0] : body.getBytes();
    JSONStructure answer =
        handler.handlePostRequest(
            call.request().uri(),
            new ByteArrayInputStream(bytes),
            StandardCharsets.UTF_8.name(),
            parameters(call));
    return answer.toJSONString();
  }

  private static Map<String, String[]> parameters(RoutingContext call) {
    MultiMap given = call.queryParams();
    Map<String, String[]> parameters = new HashMap<>();
    given.names().forEach(n -> parameters.put(n, given.getAll(n).toArray(new String[0])));
    return parameters;
  }

  private static void refuse(RoutingContext call, int status, String why) {
    call.response()
        .setStatusCode(status)
        .putHeader("content-type", "application/json")
        .end("{\"error\":\"" + why + "\"}");
  }

  @Override
  public void close() {
    looking.stop();
    acting.stop();
  }
}
