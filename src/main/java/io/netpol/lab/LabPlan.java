package io.netpol.lab;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Describes a lab: nodes, the pods on them, and hosts outside the cluster.
 *
 * <p>Start with {@link #of(Wiring)} and add members. The short forms choose addresses of both
 * families: node <i>i</i> (from 1) is 192.168.50.<i>i</i> with pods in 10.244.<i>i</i>.0/24, pod
 * <i>j</i> of the plan (from 1) takes place 10+<i>j</i> in its node's range, hosts outside are
 * 203.0.113.<i>k</i>.
 *
 * <p>Names are unique, and made of lower-case letters, digits, {@code -}, {@code .} and {@code /}.
 *
 * @param wiring how pods are attached to their node
 * @param nodes the nodes, all on one switch
 * @param pods the pods that exist from the start
 * @param outsides hosts that are no pods and no nodes, on the same switch
 */
public record LabPlan(Wiring wiring, List<Node> nodes, List<Pod> pods, List<Outside> outsides) {

  /** The name of the namespace that holds the switch; no member may be called that. */
  static final String SWITCH = "switch";

  private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9./]{0,98}[a-z0-9])?");

  /** How pods are attached to their node. */
  public enum Wiring {
    /** Each pod has a link of its own to the node, which routes between them, as Calico does. */
    ROUTED,
    /** The pods of a node share a bridge; iptables sees bridged packets too. */
    BRIDGED
  }

  /**
   * A node: a namespace that forwards.
   *
   * @param name unique in the plan
   * @param addresses one IPv4 address, one IPv6 address, or both
   * @param podRanges the ranges of its pods' addresses, such as {@code 10.244.1.0/24}, at most one
   *     of each family; the first address of a range is the node's own
   */
  public record Node(String name, List<String> addresses, List<String> podRanges) {
    public Node {
      requireName(name);
      addresses = requireAddresses(name, addresses);
      podRanges = List.copyOf(podRanges);
      podRanges.forEach(range -> IpLiteral.nth(range, 0));
    }

    Optional<String> podRange(boolean ipv6) {
      return podRanges.stream().filter(range -> IpLiteral.isIpv6(range) == ipv6).findFirst();
    }
  }

  /**
   * A pod with an address of its own.
   *
   * @param name unique in the plan
   * @param node the name of its node
   * @param addresses one IPv4 address, one IPv6 address, or both, in the ranges of its node
   */
  public record Pod(String name, String node, List<String> addresses) {
    public Pod {
      requireName(name);
      addresses = requireAddresses(name, addresses);
    }
  }

  /**
   * A host that doesn't belong to the cluster.
   *
   * @param name unique in the plan
   * @param addresses one IPv4 address, one IPv6 address, or both
   */
  public record Outside(String name, List<String> addresses) {
    public Outside {
      requireName(name);
      addresses = requireAddresses(name, addresses);
    }
  }

  public LabPlan {
    nodes = List.copyOf(nodes);
    pods = List.copyOf(pods);
    outsides = List.copyOf(outsides);
    Set<String> names = new HashSet<>(Set.of(SWITCH));
    Stream.of(
            nodes.stream().map(Node::name),
            pods.stream().map(Pod::name),
            outsides.stream().map(Outside::name))
        .flatMap(all -> all)
        .filter(name -> !names.add(name.replace('/', '.')))
        .findFirst()
        .ifPresent(
            name -> {
              throw new IllegalArgumentException("two members are called " + name);
            });
    for (Pod pod : pods) {
      requireFits(nodes, pod);
    }
  }

  /** Returns a plan without members. */
  public static LabPlan of(Wiring wiring) {
    return new LabPlan(wiring, List.of(), List.of(), List.of());
  }

  /** Returns this plan and a node with addresses of both families. */
  public LabPlan node(String name) {
    int i = nodes.size() + 1;
    return node(
        new Node(
            name,
            List.of("192.168.50." + i, "fd00:50::" + Integer.toHexString(i)),
            List.of("10.244." + i + ".0/24", "fd00:244:0:" + Integer.toHexString(i) + "::/64")));
  }

  /** Returns this plan and one more node. */
  public LabPlan node(Node node) {
    return new LabPlan(wiring, append(nodes, node), pods, outsides);
  }

  /** Returns this plan and a pod with one address from each range of its node. */
  public LabPlan pod(String name, String node) {
    return pod(new Pod(name, node, podAddresses(node, 11 + pods.size())));
  }

  /** Returns this plan and one more pod. */
  public LabPlan pod(Pod pod) {
    return new LabPlan(wiring, nodes, append(pods, pod), outsides);
  }

  /** Returns this plan and an outside host with addresses of both families. */
  public LabPlan outside(String name) {
    int i = outsides.size() + 1;
    return outside(
        new Outside(name, List.of("203.0.113." + i, "2001:db8:113::" + Integer.toHexString(i))));
  }

  /** Returns this plan and one more outside host. */
  public LabPlan outside(Outside outside) {
    return new LabPlan(wiring, nodes, pods, append(outsides, outside));
  }

  /** Returns the addresses at one place in each pod range of a node. */
  public List<String> podAddresses(String node, int place) {
    return findNode(nodes, node).podRanges().stream()
        .map(range -> IpLiteral.nth(range, place))
        .toList();
  }

  LabPlan withoutPod(String name) {
    return new LabPlan(
        wiring, nodes, pods.stream().filter(pod -> !pod.name().equals(name)).toList(), outsides);
  }

  Pod findPod(String name) {
    return pods.stream()
        .filter(pod -> pod.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no pod is called " + name));
  }

  Node nodeOf(Pod pod) {
    return findNode(nodes, pod.node());
  }

  private static Node findNode(List<Node> nodes, String name) {
    return nodes.stream()
        .filter(node -> node.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no node is called " + name));
  }

  private static void requireFits(List<Node> nodes, Pod pod) {
    Node node = findNode(nodes, pod.node());
    for (String address : pod.addresses()) {
      boolean fits =
          node.podRanges().stream()
              .anyMatch(
                  range ->
                      IpLiteral.within(address, range)
                          && !IpLiteral.parse(address)
                              .equals(IpLiteral.parse(IpLiteral.nth(range, 1))));
      if (!fits) {
        throw new IllegalArgumentException(
            pod.name() + ": " + address + " is not free for a pod of node " + node.name());
      }
    }
  }

  private static void requireName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("not a name for a member of a lab: " + name);
    }
  }

  private static List<String> requireAddresses(String name, List<String> addresses) {
    addresses.forEach(IpLiteral::parse);
    long families = addresses.stream().map(IpLiteral::isIpv6).distinct().count();
    if (addresses.isEmpty() || families != addresses.size()) {
      throw new IllegalArgumentException(name + " needs one address of a family: " + addresses);
    }
    return List.copyOf(addresses);
  }

  private static <T> List<T> append(List<T> list, T item) {
    return Stream.concat(list.stream(), Stream.of(item)).toList();
  }
}
