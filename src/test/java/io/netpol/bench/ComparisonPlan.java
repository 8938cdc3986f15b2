package io.netpol.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * Holds what all controllers of a comparison are measured with.
 *
 * @param server with the objects of the load
 * @param joined the connection whose source joining pods resemble
 * @param brief whether to be done soon
 */
record ComparisonPlan(
    KubernetesServer server,
    GeneratedLoad load,
    ProbeTargets targets,
    ProbeTargets.Allowed joined,
    boolean brief) {

  ApiClient client() {
    return server.client();
  }

  /** So many runs, fewer in short. */
  int runs(int full, int few) {
    return brief ? few : full;
  }

  int policyRuns() {
    return runs(50, 10);
  }

  /** Returns the ports on which local pods answer. */
  List<Integer> ports() {
    List<Integer> ports = new ArrayList<>(List.of(NodeNetwork.DENIED_PORT));
    targets.allowed().stream().map(ProbeTargets.Allowed::port).distinct().forEach(ports::add);
    for (int i = 0; i < policyRuns(); i++) {
      ports.add(ControllerTrial.FIRST_PORT + i);
    }
    return ports;
  }
}
