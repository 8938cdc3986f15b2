package io.netpol.kubernetes;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.TimeoutException;

/** Says in words, without names of classes, why a server could not be asked. */
public final class Reason {

  private static final int MAX_DEPTH = 20;

  private Reason() {}

  /** Status and message of the API server where it answered, else what the innermost cause says. */
  public static String of(Throwable failure) {
    Throwable cause = failure;
    for (int depth = 0; depth < MAX_DEPTH; depth++) {
      if (cause instanceof KubernetesClientException e && e.getCode() > 0) {
        String message = e.getStatus() == null ? null : e.getStatus().getMessage();
        return message == null ? e.getCode() + " " + e.getMessage() : message;
      }
      if (cause.getCause() == null) {
        break;
      }
      cause = cause.getCause();
    }
    String said = cause.getMessage();
    if (cause instanceof UnknownHostException) {
      return "unknown host " + said;
    } else if (cause instanceof TimeoutException) {
      return "it does not answer in time";
    } else if (said == null && cause instanceof ConnectException
        || cause instanceof ClosedChannelException) {
      return "connection refused";
    } else if (said == null && cause instanceof NoRouteToHostException) {
      return "no route to the host";
    }
    return said == null ? "it is not said why" : said;
  }
}
