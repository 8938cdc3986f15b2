package io.netpol.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.cluster.RealCluster.Ended;
import io.netpol.testing.Eventually;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Pods that connect to another all the time, over both families: one that policies allow, and two
 * that one direction of theirs forbids. They are on both nodes.
 */
final class Probes implements AutoCloseable {

  /** In seconds. A connection that is allowed may wait for so long, where much runs beside it. */
  private static final int PATIENCE = 10;

  /** Allowed by policies in both directions. */
  static final String ALLOWED = "allowed";

  /** Denied by the server's ingress. */
  static final String STRANGER = "stranger";

  /** Denied by its own egress. */
  static final String LOCKED = "locked";

  private final Map<String, Probing> clients = new LinkedHashMap<>();
  private final Namespace namespace = new Namespace("probes");

  /** Starts the server, and where they are to connect from. */
  Probes() {
    try {
      namespace.apply(
          Policies.ingress("web", Policies.pods("from", ALLOWED, LOCKED))
              + Policies.egress("locked", "[]")
              + TestPod.server("web", "n1").yaml());
      namespace.ready("web");
      List<Target> web =
          namespace.addresses("web").stream()
              .map(address -> Target.tcp("web", address, TestPod.TCP))
              .toList();
      assertThat(web).hasSize(2);
      clients.put(ALLOWED, new Probing(namespace, ALLOWED, "n2", ALLOWED, PATIENCE, web));
      clients.put(STRANGER, new Probing(namespace, STRANGER, "n1", STRANGER, 1, web));
      clients.put(LOCKED, new Probing(namespace, LOCKED, "n2", LOCKED, 1, web));
    } catch (Throwable e) {
      close();
      throw e;
    }
  }

  /** Waits until policies hold, and returns from where on they are to hold. */
  Since settled() throws Exception {
    Since[] since = new Since[1];
    Eventually.holds(
        "policies hold",
        () -> {
          since[0] = new Since(positions(), clients);
          return since[0].wrong().isEmpty();
        });
    return since[0];
  }

  private Map<String, Integer> positions() {
    Map<String, Integer> positions = new TreeMap<>();
    clients.forEach((name, client) -> positions.put(name, client.position()));
    return positions;
  }

  /** Connects once from a client, over IPv4. */
  Ended connect(String client) {
    String url = "http://" + namespace.addresses("web").get(0) + ":" + TestPod.TCP + "/";
    return namespace.tryAsk(
        "exec", client, "--", "wget", "-T", String.valueOf(PATIENCE), "-qO-", url);
  }

  /** From which of its notes on each client is held to the policies. */
  record Since(Map<String, Integer> positions, Map<String, Probing> clients) {

    /** Fails where a connection that is forbidden has passed, or one that is allowed has not. */
    void policiesHold() throws Exception {
      assertThat(wrong()).isEmpty();
    }

    /** Names what policies say otherwise, after all have connected anew. */
    private List<String> wrong() throws Exception {
      for (Probing client : clients.values()) {
        client.goOn();
      }
      return clients.keySet().stream().flatMap(name -> wrong(name).stream()).toList();
    }

    private List<String> wrong(String name) {
      Probing client = clients.get(name);
      int position = positions.get(name);
      List<String> wrong = name.equals(ALLOWED) ? client.failed(position) : client.passed(position);
      return wrong.stream().map(target -> name + " to " + target).toList();
    }
  }

  @Override
  public void close() {
    namespace.close();
  }
}
