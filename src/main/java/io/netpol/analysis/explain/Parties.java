package io.netpol.analysis.explain;

import io.netpol.evaluate.Endpoint;
import io.netpol.index.Cluster;
import io.netpol.index.NodeLookup;
import io.netpol.model.Node;
import io.netpol.model.ObjectKey;
import io.netpol.model.Pod;
import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import io.netpol.net.Quote;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Finds out who is meant by the words of a question. */
final class Parties {

  private static final String NODE = "node";
  private static final String NODE_PREFIX = "node:";
  private static final int NAMES_SHOWN = 3;

  private final Cluster cluster;
  private final NodeLookup nodes;

  Parties(Cluster cluster, NodeLookup nodes) {
    this.cluster = cluster;
    this.nodes = nodes;
  }

  /**
   * Returns the party that a word means.
   *
   * @param other the word for the other end, whose node {@code node} means
   */
  Party find(String word, String other) {
    if (word.equals(NODE)) {
      return nodeOf(other);
    } else if (word.startsWith(NODE_PREFIX)) {
      return node(word.substring(NODE_PREFIX.length()));
    } else if (word.indexOf('/') > 0) {
      return pod(word);
    }
    try {
      return address(IpAddress.parse(word));
    } catch (IllegalArgumentException e) {
      throw new BadQuestionException(
          Quote.quote(word)
              + " is no namespace/name of a pod, no address, and not node or node:NAME");
    }
  }

  private Party pod(String word) {
    int slash = word.indexOf('/');
    ObjectKey key = new ObjectKey(word.substring(0, slash), word.substring(slash + 1));
    Optional<Pod> pod = cluster.pod(key);
    if (pod.isEmpty()) {
      throw new BadQuestionException("there is no pod " + Quote.quote(word) + similar(key));
    } else if (pod.get().finished()) {
      throw new BadQuestionException(
          "pod " + key + " has finished: its address may be another pod's by now");
    }
    return party(key.toString(), pod.get(), "pod");
  }

  /** Pods of a Deployment have a name that nobody remembers the end of. */
  private String similar(ObjectKey key) {
    List<String> similar =
        cluster.pods().stream()
            .filter(pod -> pod.key().namespace().equals(key.namespace()))
            .filter(pod -> pod.key().name().startsWith(key.name()))
            .map(pod -> pod.key().toString())
            .sorted()
            .limit(NAMES_SHOWN)
            .toList();
    return similar.isEmpty() ? "" : "; is it " + String.join(" or ", similar) + "?";
  }

  private Party party(String name, Pod pod, String what) {
    String on = pod.node().isEmpty() ? "" : " on " + pod.node();
    String kind = pod.hostNetwork() ? what + " on the host network" : what;
    Map<Family, Endpoint> endpoints = new EnumMap<>(Family.class);
    for (Family family : Family.values()) {
      if (!pod.addresses(family).isEmpty()) {
        endpoints.put(family, shared(Endpoint.of(pod, family)));
      }
    }
    if (endpoints.isEmpty()) {
      // Policies can be judged by labels alone, in whichever family.
      endpoints.put(Family.IPV4, Endpoint.of(pod, Family.IPV4));
      return new Party(name, kind + on + ", no address yet", Optional.of(pod), endpoints);
    }
    return new Party(name, kind + on, Optional.of(pod), endpoints);
  }

  /** With the other pods at the address, for the kernel knows the address only. */
  private Endpoint shared(Endpoint end) {
    return new Endpoint(end.address(), cluster.podsAt(end.address()));
  }

  private Party address(IpAddress address) {
    List<Pod> pods = cluster.podsAt(address);
    Endpoint end = new Endpoint(address, pods);
    Optional<Node> node = nodes.nodes().stream().filter(n -> n.owns(address)).findFirst();
    String what =
        !pods.isEmpty()
            ? "pod " + pods.stream().map(p -> p.key().toString()).collect(Collectors.joining(", "))
            : node.map(n -> "address of node " + n.name()).orElse(nobody(address));
    Optional<Pod> pod = pods.stream().findFirst();
    return new Party(address.toString(), what, pod, Map.of(address.family(), end));
  }

  private String nobody(IpAddress address) {
    boolean probablyNodes = nodes.nodes().stream().anyMatch(node -> node.probablyOwns(address));
    return probablyNodes ? "address of no Pod or Node" : "address outside the cluster";
  }

  private Party nodeOf(String other) {
    if (other.indexOf('/') <= 0) {
      throw new BadQuestionException(
          "which node? node alone is that of the pod at the other end; node:NAME names one");
    }
    String name = pod(other).pod().map(Pod::node).orElse("");
    if (name.isEmpty()) {
      throw new BadQuestionException("pod " + other + " is on no node yet");
    }
    return node(name);
  }

  private Party node(String name) {
    Optional<Node> node = nodes.node(name);
    if (node.isEmpty()) {
      String known =
          nodes.nodes().stream()
              .map(Node::name)
              .sorted()
              .limit(NAMES_SHOWN)
              .collect(Collectors.joining(", "));
      throw new BadQuestionException(
          "there is no node " + Quote.quote(name) + (known.isEmpty() ? "" : "; known: " + known));
    }
    Map<Family, Endpoint> endpoints = new EnumMap<>(Family.class);
    for (IpAddress address : node.get().addresses()) {
      endpoints.putIfAbsent(address.family(), new Endpoint(address, List.of()));
    }
    if (endpoints.isEmpty()) {
      throw new BadQuestionException("node " + name + " has no address");
    }
    return new Party("node " + name, "node", Optional.empty(), endpoints);
  }
}
