package io.netpol.cluster;

import static io.netpol.cluster.RealCluster.kubectl;

import io.netpol.cluster.RealCluster.Ended;
import java.util.ArrayList;
import java.util.List;

/**
 * The agent's pod on a node, as the kubelet sees it.
 *
 * @param name the pod's name
 */
record AgentPod(String name) {

  private static final String NAMESPACE = "camel-netpol";

  /** The one that runs on a node now. */
  static AgentPod on(String node) {
    return new AgentPod(
        kubectl(
                "get",
                "pods",
                "-n",
                NAMESPACE,
                "-l",
                "app.kubernetes.io/name=camel-netpol",
                "--field-selector=spec.nodeName=" + node,
                "-o",
                "jsonpath={.items[0].metadata.name}")
            .strip());
  }

  /** Runs a command in its container, however it ends. */
  Ended exec(String... command) {
    List<String> line = new ArrayList<>(List.of("exec", name, "-n", NAMESPACE, "--"));
    line.addAll(List.of(command));
    return RealCluster.tryKubectl("", line.toArray(String[]::new));
  }

  boolean isReady() {
    return status("{.status.conditions[?(@.type=='Ready')].status}").equals("True");
  }

  /** The container's id, and how often and why it was restarted. */
  String life() {
    String container = ".status.containerStatuses[0]";
    return status("{%1$s.containerID} {%1$s.restartCount} {%1$s.lastState}".formatted(container));
  }

  private String status(String path) {
    return kubectl("get", "pod", name, "-n", NAMESPACE, "-o", "jsonpath=" + path);
  }
}
