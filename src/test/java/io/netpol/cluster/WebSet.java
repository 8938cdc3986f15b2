package io.netpol.cluster;

import io.netpol.testing.Eventually;
import java.util.ArrayList;
import java.util.List;

/** A StatefulSet of web servers on one node that admit the role friend only. */
final class WebSet {

  private final Namespace namespace;
  private final int replicas;

  WebSet(Namespace namespace, String node, int replicas) throws Exception {
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
  void ready() throws Exception {
    Eventually.holds(
        () -> namespace.ask("describe", "pods", "-l", "role=web"),
        () -> namespace.field("statefulset/web", ".status.readyReplicas").equals("" + replicas));
  }

  void scale(int to) {
    namespace.ask("scale", "statefulset/web", "--replicas=" + to);
    if (to == 0) {
      namespace.ask("wait", "pod", "-l", "role=web", "--for=delete", "--timeout=8m");
    }
  }

  /** Deletes a pod, and returns when another one of this name is Ready. */
  void recreate(String pod) throws Exception {
    String before = namespace.field("pod/" + pod, ".metadata.uid");
    namespace.delete("pod/" + pod);
    Eventually.holds(
        "another " + pod,
        () -> {
          var now = namespace.tryAsk("get", "pod", pod, "-o", "jsonpath={.metadata.uid}");
          return now.ok() && !now.stdout().equals(before);
        });
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
