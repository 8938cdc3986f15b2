package io.netpol.analysis.lint;

import io.netpol.index.Cluster;
import io.netpol.model.LabelSelector;
import io.netpol.model.Namespace;
import io.netpol.model.Node;
import io.netpol.model.Peer;
import io.netpol.model.Peer.NamespaceScope;
import io.netpol.model.Pod;
import io.netpol.net.Cidr;
import io.netpol.net.CidrSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Holds the pods, namespaces and nodes of one moment that policies are compared with. */
final class Surroundings {

  /** Which pods are meant. */
  enum Which {
    /** Those that selectors mean. */
    OWN_NETWORK,
    ON_HOST,
    FINISHED
  }

  /** A node's pods have addresses of this range. */
  record PodRange(int number, Cidr cidr, Node node) {}

  /** More namespaces than these are not looked into one by one. */
  private static final int FEW = 16;

  private static final LabelSelector NODE_LOCAL_DNS =
      new LabelSelector(
          List.of(
              new LabelSelector.Requirement(
                  "k8s-app",
                  LabelSelector.Operator.IN,
                  List.of("node-local-dns", "nodelocaldns"))));

  private final List<Pod> pods;
  private final Labelled<Namespace> namespaces;
  private final List<Node> nodes;

  private final Map<Which, Labelled<Pod>> everywhere = new HashMap<>();
  private final Map<Which, Map<String, Labelled<Pod>>> byNamespace = new HashMap<>();
  private final Map<LabelSelector, Set<String>> scopes = new HashMap<>();
  private final Map<Peer.Pods, PodPorts> ports = new HashMap<>();
  private CidrSet<PodRange> ranges;

  /** Takes what the cluster has; everything else waits until it is asked for. */
  Surroundings(Cluster cluster) {
    pods = cluster.pods();
    namespaces = new Labelled<>(cluster.namespaces(), Namespace::labels);
    nodes = cluster.nodes();
  }

  /** Returns whether there are pods that have not finished. */
  boolean hasPods() {
    return !in(Which.OWN_NETWORK).all().isEmpty() || !in(Which.ON_HOST).all().isEmpty();
  }

  private static Which which(Pod pod) {
    return pod.finished() ? Which.FINISHED : pod.hostNetwork() ? Which.ON_HOST : Which.OWN_NETWORK;
  }

  private Labelled<Pod> in(Which which) {
    return everywhere.computeIfAbsent(
        which,
        w -> new Labelled<>(pods.stream().filter(pod -> which(pod) == w).toList(), Pod::labels));
  }

  private Labelled<Pod> in(Which which, String namespace) {
    return byNamespace
        .computeIfAbsent(
            which,
            w -> {
              Map<String, List<Pod>> parts = new HashMap<>();
              in(w)
                  .all()
                  .forEach(
                      pod ->
                          parts
                              .computeIfAbsent(pod.key().namespace(), n -> new ArrayList<>())
                              .add(pod));
              Map<String, Labelled<Pod>> labelled = new HashMap<>();
              parts.forEach((name, some) -> labelled.put(name, new Labelled<>(some, Pod::labels)));
              return labelled;
            })
        .getOrDefault(namespace, new Labelled<>(List.of(), Pod::labels));
  }

  /** Returns the pods of a namespace that selectors mean, in order. */
  List<Pod> podsIn(String namespace) {
    return in(Which.OWN_NETWORK, namespace).all();
  }

  /** Returns the pods that a peer would mean, were they of the kind. */
  Stream<Pod> meant(Which which, Peer.Pods peer) {
    if (peer.namespaces() instanceof NamespaceScope.Named named) {
      return in(which, named.name()).matching(peer.selector());
    }
    Set<String> names = namespaces(peer.namespaces());
    return names.size() <= FEW
        ? names.stream().flatMap(name -> in(which, name).matching(peer.selector()))
        : in(which).matching(peer.selector()).filter(pod -> names.contains(pod.key().namespace()));
  }

  /** Returns the same, for one namespace. */
  Stream<Pod> meant(Which which, String namespace, LabelSelector selector) {
    return in(which, namespace).matching(selector);
  }

  /** Returns whether pods of any namespace have the labels. */
  boolean isAnywhere(Which which, LabelSelector selector) {
    return in(which).matching(selector).findAny().isPresent();
  }

  /** Returns what ports the pods declare that a peer means. */
  PodPorts ports(Peer.Pods peer) {
    PodPorts known = ports.get(peer);
    if (known == null) {
      known = new PodPorts(meant(Which.OWN_NETWORK, peer));
      ports.put(peer, known);
    }
    return known;
  }

  /** Returns the names of the namespaces where a peer looks for pods. */
  Set<String> namespaces(NamespaceScope scope) {
    if (scope instanceof NamespaceScope.Named named) {
      return Set.of(named.name());
    }
    return scopes.computeIfAbsent(
        ((NamespaceScope.Matching) scope).selector(),
        selector -> {
          Set<String> names = new HashSet<>();
          namespaces.matching(selector).forEach(namespace -> names.add(namespace.name()));
          return names;
        });
  }

  /** Returns whether pods ask a name server on their own node, which they always reach. */
  boolean hasNodeLocalDns() {
    return isAnywhere(Which.ON_HOST, NODE_LOCAL_DNS);
  }

  /**
   * Returns the first node's range of pods that shares addresses with a block and meets a
   * condition.
   */
  Optional<PodRange> firstRange(Cidr block, Predicate<Cidr> condition) {
    if (ranges == null) {
      ranges = new CidrSet<>();
      int number = 0;
      for (Node node : nodes) {
        for (Cidr range : node.podRanges()) {
          ranges.add(range, new PodRange(number++, range, node));
        }
      }
    }
    Map<Integer, PodRange> found = new TreeMap<>();
    ranges.holding(block).forEach(range -> found.put(range.number(), range));
    ranges.in(block).forEach(range -> found.put(range.number(), range));
    return found.values().stream().filter(range -> condition.test(range.cidr())).findFirst();
  }
}
