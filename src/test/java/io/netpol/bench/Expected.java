package io.netpol.bench;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.netpol.dataplane.ApplyPlan;
import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.Transaction;
import io.netpol.dataplane.iptables.IptablesDataplane;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.index.AffectedObjects;
import io.netpol.index.Cluster;
import io.netpol.kubernetes.parse.ObjectConverter;
import io.netpol.model.DefaultIsolation;
import io.netpol.model.Kind;
import io.netpol.model.ObjectKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * What an agent should deliver, worked out here from the same objects: the bare tools get the same
 * payloads, and what is looked for in the kernel is taken from them.
 */
final class Expected {

  /** A payload for a tool. */
  record Payload(KernelTool tool, String text) {
    List<String> lines() {
      return text.lines().toList();
    }
  }

  private final Cluster cluster = new Cluster(Load.NODE, DefaultIsolation.OFF);
  private final Dataplane dataplane = IptablesDataplane.empty(cluster, RenderOptions.DEFAULT);
  private final ObjectConverter converter =
      new ObjectConverter(
          problem -> {
            throw new IllegalStateException(problem.toString());
          });

  private final List<Payload> first;

  Expected(GeneratedLoad load) {
    this(load, List.of());
  }

  /** With further objects beside those of the load. */
  Expected(GeneratedLoad load, List<HasMetadata> further) {
    load.all().forEach(this::put);
    further.forEach(this::put);
    for (Kind kind : Kind.values()) {
      cluster.listed(kind);
    }
    first = deliver(AffectedObjects.EVERYTHING);
  }

  /** What an empty kernel gets. */
  List<Payload> first() {
    return first;
  }

  /** What a new or changed object asks for; nothing where it means nothing here. */
  List<Payload> putAndDeliver(HasMetadata object) {
    return deliver(put(object));
  }

  /** The same for several at once. */
  List<Payload> putAndDeliver(List<? extends HasMetadata> objects) {
    ReconcileRequest.Union all = new ReconcileRequest.Union();
    objects.forEach(object -> all.add(ReconcileRequest.of(put(object), "bench")));
    return deliver(all.request());
  }

  /** What the end of an object asks for. */
  List<Payload> removeAndDeliver(HasMetadata object) {
    return deliver(remove(object));
  }

  /** In how many sets that this node uses the pod is, or would be. */
  int sets(Pod pod) {
    int count = put(pod).sets().size();
    remove(pod);
    return count;
  }

  private AffectedObjects remove(HasMetadata object) {
    Kind kind =
        switch (object.getKind()) {
          case "Pod" -> Kind.POD;
          case "NetworkPolicy" -> Kind.NETWORK_POLICY;
          default -> throw new IllegalArgumentException(object.getKind());
        };
    return cluster.remove(
        kind, new ObjectKey(object.getMetadata().getNamespace(), object.getMetadata().getName()));
  }

  private AffectedObjects put(HasMetadata object) {
    if (object instanceof Pod pod) {
      return cluster.put(converter.pod(pod).orElseThrow());
    } else if (object instanceof Namespace namespace) {
      return cluster.put(converter.namespace(namespace).orElseThrow());
    } else if (object instanceof Node node) {
      return cluster.put(converter.node(node).orElseThrow());
    }
    return cluster.put(converter.networkPolicy((NetworkPolicy) object).orElseThrow());
  }

  private List<Payload> deliver(AffectedObjects change) {
    return deliver(ReconcileRequest.of(change, "bench"));
  }

  private List<Payload> deliver(ReconcileRequest request) {
    List<Payload> payloads = new ArrayList<>();
    if (!request.isEmpty()) {
      ApplyPlan attempt = dataplane.plan(request, Set.of());
      for (Transaction delivery : attempt.transactions()) {
        payloads.add(new Payload(delivery.tool(), delivery.payload()));
        dataplane.confirm(delivery);
      }
      attempt.finish();
    }
    return payloads;
  }
}
