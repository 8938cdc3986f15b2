package io.netpol.observe;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.RoutingContext;
import java.util.Set;

/**
 * Who may ask what the network must not know: those on this host who ask by an address or name of
 * this host, and so no web page in somebody's browser (DNS rebinding).
 */
final class LocalCallers {

  private static final Set<String> OWN_NAMES = Set.of("localhost", "127.0.0.1", "[::1]", "::1");

  private LocalCallers() {}

  static boolean isOne(HttpServerRequest request) {
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

  /** Ends the answer with a status and one line of text. */
  static void end(RoutingContext routing, int status, String message) {
    routing.response().putHeader("Content-Type", "text/plain; charset=utf-8");
    routing.response().setStatusCode(status);
    routing.end(message + "\n");
  }
}
