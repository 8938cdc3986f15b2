package io.netpol.cluster;

import static io.netpol.cluster.RealCluster.kubectl;
import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.testing.Eventually;

/** Installs the agents of the cluster, and ends the one of a node. */
final class Agents {

  private static final String NAMESPACE = "camel-netpol";

  private Agents() {}

  /** Installs a folder of the repository in place of what is installed. */
  static void install(String overlay) {
    kubectl("apply", "-k", overlay);
    ready();
  }

  /** Waits until the agents of all nodes are Ready. */
  static void ready() {
    kubectl("rollout", "status", "daemonset/" + NAMESPACE, "-n", NAMESPACE, "--timeout=8m");
  }

  /** Deletes the agent's pod on a node, and waits for nothing. */
  static void delete(String node) {
    kubectl("delete", "pod", AgentPod.on(node).name(), "-n", NAMESPACE, "--wait=false");
  }

  /** Ends the agent's process on a node by SIGKILL; returns when its container has another. */
  static void kill(String node) throws Exception {
    String pod = AgentPod.on(node).name();
    String before = container(pod);
    String process = "pgrep -f '[i]o.netpol.cli'";
    assertThat(RealCluster.onNode(node, "sh", "-c", "kill -9 $(" + process + ")").ok()).isTrue();
    Eventually.holds("another container in " + pod, () -> !container(pod).equals(before));
  }

  private static String container(String pod) {
    return kubectl(
        "get",
        "pod",
        pod,
        "-n",
        NAMESPACE,
        "-o",
        "jsonpath={.status.containerStatuses[0].state.running.startedAt}"
            + "{.status.containerStatuses[0].containerID}");
  }
}
