package io.netpol.cluster;

import java.util.ArrayList;
import java.util.List;

/** A StatefulSet of web servers on one node that admit the role friend only. */
final class WebSet {

  private final Namespace namespace;
  private final int replicas;

  WebSet(Namespace namespace, String node, int replicas) {
    this.namespace = namespace;
    this.replicas = replicas;
    namespace.apply(Policies.ingress("web", Policies.pods("from", "friend")));
    namespace.apply(
        """
        ---
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: web}
        spec:
          replicas: %d
          podManagementPolicy: Parallel
          selector: {matchLabels: {role: web}}
          serviceName: web
          template:
            metadata:
        %s"""
            .formatted(replicas, TestPod.indented(TestPod.server("web", node).template(), 4)));
    ready();
  }

  /** Waits until all pods are Ready. */
  void ready() {
    namespace.await("statefulset/web", "jsonpath={.status.readyReplicas}=" + replicas);
  }

  void scale(int to) {
    namespace.ask("scale", "statefulset/web", "--replicas=" + to);
    if (to == 0) {
      namespace.await("pods", "delete", "-l", "role=web");
    }
  }

  /** Deletes a pod, and returns when another one of this name is Ready. */
  void recreate(String pod) {
    namespace.delete("pod/" + pod);
    namespace.await("pod/" + pod, "create");
    namespace.ready(pod);
  }

  /** What to connect to for all of its pods, by their addresses of now. */
  List<Target> targets() {
    List<Target> targets = new ArrayList<>();
    for (int i = 0; i < replicas; i++) {
      for (String address : namespace.addresses("web-" + i)) {
        targets.add(Target.tcp("web-" + i + " " + address, address, TestPod.TCP));
      }
    }
    return targets;
  }
}
