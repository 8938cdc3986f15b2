package io.netpol.observe.console;

import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.RoutingContext;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.StaticService;
import org.apache.camel.component.platform.http.main.ManagementHttpServer;
import org.apache.camel.support.service.ServiceSupport;

/**
 * Answers on the management server what the network must not know: only clients on this host that
 * address it by its own address or name, which excludes web pages in a browser (<a
 * href="https://en.wikipedia.org/wiki/DNS_rebinding">DNS rebinding</a>).
 */
abstract class LocalEndpoint extends ServiceSupport implements StaticService, CamelContextAware {

  static final int BAD_REQUEST = 400;
  static final int UNAVAILABLE = 503;
  private static final int FORBIDDEN = 403;

  private static final Set<String> OWN_NAMES = Set.of("localhost", "127.0.0.1", "[::1]", "::1");

  private final String path;
  private CamelContext context;

  LocalEndpoint(String path) {
    this.path = path;
  }

  /** Answers a request from this host. */
  abstract void answer(RoutingContext routing);

  @Override
  public CamelContext getCamelContext() {
    return context;
  }

  @Override
  public void setCamelContext(CamelContext camelContext) {
    this.context = camelContext;
  }

  /** Adds the path to the server, which exists by then. */
  @Override
  protected void doStart() {
    ManagementHttpServer server = context.hasService(ManagementHttpServer.class);
    if (server != null) {
      server.getRouter().route(HttpMethod.GET, path).blockingHandler(this::answerIfLocal);
    }
  }

  private void answerIfLocal(RoutingContext routing) {
    if (isLocal(routing.request())) {
      answer(routing);
    } else {
      end(routing, FORBIDDEN, "asked from elsewhere");
    }
  }

  private static boolean isLocal(HttpServerRequest request) {
    SocketAddress remote = request.connection().remoteAddress(true);
    SocketAddress local = request.connection().localAddress(true);
    HostAndPort asked = request.authority();
    boolean sameHost =
        remote.hostAddress() != null
            && (isLoopback(remote.hostAddress())
                || remote.hostAddress().equals(local.hostAddress()));
    boolean byOwnName =
        asked != null
            && (OWN_NAMES.contains(asked.host()) || asked.host().equals(local.hostAddress()));
    return sameHost && byOwnName;
  }

  private static boolean isLoopback(String address) {
    return address.startsWith("127.") || address.equals("::1") || address.equals("0:0:0:0:0:0:0:1");
  }

  /** Ends the response with a status and one line of text. */
  static void end(RoutingContext routing, int status, String message) {
    routing.response().putHeader("Content-Type", "text/plain; charset=utf-8");
    routing.response().setStatusCode(status);
    routing.end(message + "\n");
  }
}
