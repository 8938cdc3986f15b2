package io.netpol.dataplane.iptables;

import io.netpol.dataplane.reconcile.PodChains;
import io.netpol.dataplane.render.Action;
import io.netpol.dataplane.render.BridgePorts;
import io.netpol.dataplane.render.Chain;
import io.netpol.dataplane.render.Match;
import io.netpol.dataplane.render.Match.Address;
import io.netpol.dataplane.render.Names;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.dataplane.render.Rule;
import io.netpol.dataplane.render.RuleLabel;
import io.netpol.model.Direction;
import io.netpol.model.ObjectKey;
import io.netpol.net.Cidr;
import io.netpol.net.Family;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Makes the chains for packets between bridge ports whose addresses belong to no pod: link-local,
 * multicast and broadcast. The port by which a packet enters or leaves identifies the pod.
 *
 * <p>A port whose pod is unknown passes none of these packets while any pod of the node is isolated
 * in that direction.
 */
final class BridgeChains {

  /** ICMPv6 router advertisement and redirect (RFC 4861). */
  private static final List<Integer> ROUTER_IPV6 = List.of(134, 137);

  /** ICMP redirect (RFC 792) and router advertisement (RFC 1256). */
  private static final List<Integer> ROUTER_IPV4 = List.of(5, 9);

  /** Multicast listener query, report, done, and report of version 2 (RFC 2710, RFC 3810). */
  private static final List<Integer> LISTENERS = List.of(130, 131, 132, 143);

  private static final Action RETURN = new Action.Return();
  private static final Match BRIDGED = new Match.Bridged();
  private static final RuleLabel NO_PODS = new RuleLabel.Note("bridge without pods");
  private static final RuleLabel NO_POD = new RuleLabel.Note("port of no pod");
  private static final RuleLabel GROUPS = new RuleLabel.Note("group membership");

  private final Family family;
  private final RenderOptions options;
  private final BridgePorts ports;
  private final boolean repliesPassed;

  /**
   * Makes the chains of one family.
   *
   * @param repliesPassed whether established connections are accepted before these chains
   */
  BridgeChains(Family family, RenderOptions options, BridgePorts ports, boolean repliesPassed) {
    this.family = family;
    this.options = options;
    this.ports = ports;
    this.repliesPassed = repliesPassed;
  }

  /** Returns whether packets between bridge ports are filtered. */
  boolean isOn() {
    return ports.filtered();
  }

  /** Returns whether unknown ports are denied even if no pod is isolated. */
  boolean isProtected() {
    return closesAll() && ports.filtered() && ports.shared();
  }

  private boolean dropsAdvertisements() {
    return options.bridge().advertisements() == RenderOptions.Advertisements.DROP;
  }

  /** Returns the rules before all others, for packets that claim to be from a router. */
  List<Rule> routerRules() {
    if (!isOn() || !dropsAdvertisements()) {
      return List.of();
    }
    return (family == Family.IPV4 ? ROUTER_IPV4 : ROUTER_IPV6)
        .stream()
            .map(
                type ->
                    Rule.of(
                        new RuleLabel.Note("not a router"),
                        new Action.Jump(Names.BRIDGE_ROUTER),
                        new Match.Icmp(type),
                        BRIDGED))
            .toList();
  }

  /** Returns the rules that lead all other packets to the chains. */
  List<Rule> entry() {
    return isOn() ? List.of(Rule.of(new Action.GoTo(Names.BRIDGE), BRIDGED)) : List.of();
  }

  /** Returns the chains. */
  List<Chain> chains(Map<ObjectKey, PodChains> pods) {
    List<Chain> all = new ArrayList<>();
    if (!isOn()) {
      return all;
    }
    if (dropsAdvertisements()) {
      all.add(new Chain(Names.BRIDGE_ROUTER, router()));
    }
    all.add(new Chain(Names.BRIDGE, gate()));
    all.add(new Chain(Names.BY_ADDRESS, List.of(jump(Names.FROM), jump(Names.TO))));
    all.add(new Chain(Names.BRIDGE_LINK, link()));
    all.addAll(tree(Names.BRIDGE_FROM, Direction.EGRESS, pods));
    all.addAll(tree(Names.BRIDGE_TO, Direction.INGRESS, pods));
    return all;
  }

  private static Rule jump(String chain) {
    return Rule.of(new Action.Jump(chain));
  }

  private List<Rule> router() {
    List<Rule> rules = new ArrayList<>();
    for (String bridge : nameable(ports.otherBridges())) {
      rules.add(Rule.of(NO_PODS, RETURN, new Match.InputDevice(bridge)));
    }
    for (String port : nameable(ports.others())) {
      rules.add(Rule.of(NO_POD, RETURN, new Match.BridgePort(Direction.EGRESS, port, false)));
    }
    rules.add(Rule.of(new RuleLabel.Note("a pod is no router"), new Action.Drop()));
    return rules;
  }

  private static Set<String> nameable(Set<String> devices) {
    Set<String> nameable = new TreeSet<>(devices);
    nameable.removeIf(device -> !BridgePorts.canName(device));
    return nameable;
  }

  /**
   * Returns the rules that separate link-local, multicast and broadcast packets from those that are
   * filtered by address.
   */
  private List<Rule> gate() {
    Action byAddress = new Action.GoTo(Names.BY_ADDRESS);
    Action link = new Action.GoTo(Names.BRIDGE_LINK);
    List<Rule> rules = new ArrayList<>();
    if (!repliesPassed) {
      rules.add(Rule.of(byAddress, new Match.Established()));
    }
    for (String bridge : nameable(ports.otherBridges())) {
      rules.add(Rule.of(NO_PODS, byAddress, new Match.InputDevice(bridge)));
    }
    boolean ipv4 = family == Family.IPV4;
    Cidr linkLocal = Cidr.parse(ipv4 ? "169.254.0.0/16" : "fe80::/10");
    Cidr multicast = Cidr.parse(ipv4 ? "224.0.0.0/4" : "ff00::/8");
    rules.add(Rule.of(link, new Match.InBlock(Address.DESTINATION, multicast)));
    rules.add(Rule.of(link, new Match.InBlock(Address.DESTINATION, linkLocal)));
    if (ipv4) {
      rules.add(Rule.of(link, new Match.BroadcastAddress(true)));
      // A bridge without an address does not know the broadcast address of the pods.
      rules.add(Rule.of(link, new Match.BroadcastFrame()));
    }
    rules.add(
        Rule.of(new Action.Jump(Names.BRIDGE_FROM), new Match.InBlock(Address.SOURCE, linkLocal)));
    rules.add(Rule.of(byAddress));
    return rules;
  }

  /**
   * Returns the rules that accept what a network needs, and check source and destination of the
   * rest.
   */
  private List<Rule> link() {
    List<Rule> rules = new ArrayList<>();
    if (family == Family.IPV4) {
      rules.add(Rule.of(GROUPS, RETURN, new Match.Igmp()));
      rules.add(dhcp(68, 67));
      rules.add(dhcp(67, 68));
    } else {
      LISTENERS.forEach(type -> rules.add(Rule.of(GROUPS, RETURN, new Match.Icmp(type))));
      rules.add(dhcp(546, 547));
      rules.add(dhcp(547, 546));
    }
    rules.add(jump(Names.BRIDGE_FROM));
    rules.add(jump(Names.BRIDGE_TO));
    rules.add(Rule.of(new Action.GoTo(Names.BY_ADDRESS)));
    return rules;
  }

  private static Rule dhcp(int from, int to) {
    return Rule.of(new RuleLabel.Note("address assignment"), RETURN, new Match.UdpPorts(from, to));
  }

  private List<Chain> tree(String root, Direction direction, Map<ObjectKey, PodChains> pods) {
    boolean closed =
        closesAll() || pods.values().stream().anyMatch(rules -> rules.denies().contains(direction));
    SortedMap<String, List<Rule>> ofPorts = new TreeMap<>();
    ports
        .podsByPort()
        .forEach(
            (port, keys) -> {
              List<Rule> rules = rules(port, direction, keys, pods, closed);
              if (!rules.isEmpty()) {
                ofPorts.put(port, rules);
              }
            });
    if (closed) {
      for (String port : nameable(ports.others())) {
        ofPorts.put(
            port, List.of(Rule.of(NO_POD, RETURN, new Match.BridgePort(direction, port, false))));
      }
    }
    List<Rule> last =
        closed
            ? List.of(Rule.of(new RuleLabel.Note("bridge port of no known pod"), new Action.Drop()))
            : List.of();
    return PortTree.chains(root, direction, ofPorts, last);
  }

  private boolean closesAll() {
    return options.unprogrammed() == RenderOptions.Unprogrammed.DROP;
  }

  /** Returns the rules of one port; several pods claim it if one of them forges its address. */
  private List<Rule> rules(
      String port,
      Direction direction,
      Set<ObjectKey> keys,
      Map<ObjectKey, PodChains> pods,
      boolean closed) {
    Match ofPort = new Match.BridgePort(direction, port, false);
    List<Rule> rules = new ArrayList<>();
    boolean known = true;
    for (ObjectKey key : keys) {
      PodChains of = pods.get(key);
      String chain = Names.podChain(direction, key);
      if (of == null) {
        known &= !closesAll(); // it is not isolated, unless it is unprogrammed
      } else if (of.chains().containsKey(chain)) {
        rules.add(Rule.of(RuleLabel.OfPods.of(key), new Action.Jump(chain), ofPort));
      } else {
        known &= !of.denies().contains(direction);
      }
    }
    if (closed && known) {
      rules.add(Rule.of(RuleLabel.OfPods.of(keys.iterator().next()), RETURN, ofPort));
    }
    return rules;
  }
}
