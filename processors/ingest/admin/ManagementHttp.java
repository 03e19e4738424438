package ingest.admin;

import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.camel.Processor;
import org.apache.camel.component.platform.http.PlatformHttpComponent;
import org.apache.camel.component.platform.http.PlatformHttpEndpoint;
import org.apache.camel.component.platform.http.spi.PlatformHttpConsumer;
import org.apache.camel.component.platform.http.spi.PlatformHttpEngine;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpConsumer;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;
import org.apache.camel.support.service.ServiceSupport;

/**
 * {@code management:/path}: what {@code platform-http} is to the public port, on the management
 * port and behind a guard. Camel's own component serves one port only.
 */
public final class ManagementHttp {
  private ManagementHttp() {}

  /** The component to register as {@code management}. */
  public static PlatformHttpComponent component(int port, Handler<RoutingContext> guard) {
    PlatformHttpComponent component = new PlatformHttpComponent();
    component.setEngine(new Engine(port, guard));
    return component;
  }

  private static final class Engine extends ServiceSupport implements PlatformHttpEngine {
    private final int port;
    private final Handler<RoutingContext> guard;
    private final AtomicBoolean guarded = new AtomicBoolean();

    Engine(int port, Handler<RoutingContext> guard) {
      this.port = port;
      this.guard = guard;
    }

    @Override
    public PlatformHttpConsumer createConsumer(PlatformHttpEndpoint endpoint, Processor processor) {
      String name = VertxPlatformHttpRouter.getRouterNameFromPort(port);
      return new VertxPlatformHttpConsumer(endpoint, processor, List.of(), name) {
        @Override
        protected void doStart() throws Exception {
          guard(VertxPlatformHttpRouter.lookup(endpoint.getCamelContext(), name));
          super.doStart();
        }
      };
    }

    /** In front of every route, so that a refused call's body is never read. */
    private void guard(VertxPlatformHttpRouter router) {
      if (!guarded.getAndSet(true)) {
        router.route("/admin/*").order(-1).handler(guard).handler(Engine::takeAsItIs);
      }
    }

    /** No action takes a form, but curl calls every body one, and Camel would take it apart. */
    private static void takeAsItIs(RoutingContext call) {
      String type = call.request().getHeader(HttpHeaders.CONTENT_TYPE);
      if (type != null
          && type.startsWith(HttpHeaders.APPLICATION_X_WWW_FORM_URLENCODED.toString())) {
        call.request().headers().remove(HttpHeaders.CONTENT_TYPE);
      }
      call.next();
    }

    @Override
    public int getServerPort() {
      return port;
    }
  }
}
