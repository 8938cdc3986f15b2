package io.netpol.kubernetes;

import java.util.Locale;

/** Writes kubeconfig files for a server without authentication. */
public final class Kubeconfig {

  private Kubeconfig() {}

  /** Returns the text of a kubeconfig for the URL of a server. */
  public static String to(String server) {
    return String.format(
        Locale.ROOT,
        """
        apiVersion: v1
        kind: Config
        clusters: [{name: here, cluster: {server: "%s"}}]
        users: [{name: nobody, user: {}}]
        contexts: [{name: here, context: {cluster: here, user: nobody}}]
        current-context: here
        """,
        server);
  }
}
