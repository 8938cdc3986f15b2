package io.netpol.iptables;

import static io.netpol.iptables.RuleText.rule;

import io.netpol.policy.Cidr;
import io.netpol.policy.Direction;
import io.netpol.policy.Family;
import io.netpol.policy.ObjectKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Writes the chains for packets between the ports of a bridge whose addresses tell of no pod:
 * link-local, multicast and broadcast. Each is a pod's by the port that it enters or leaves by.
 *
 * <p>A port of which nobody knows whose it is passes none of these while any pod of the node is
 * isolated in that direction.
 */
final class BridgeChains {

  /** ICMPv6 router advertisement and redirect (RFC 4861). */
  private static final List<Integer> ROUTER_IPV6 = List.of(134, 137);

  /** ICMP redirect (RFC 792) and router advertisement (RFC 1256). */
  private static final List<Integer> ROUTER_IPV4 = List.of(5, 9);

  /** Multicast listener query, report, done, and report of version 2 (RFC 2710, RFC 3810). */
  private static final List<Integer> LISTENERS = List.of(130, 131, 132, 143);

  private static final String BRIDGED = "physdev --physdev-is-bridged";
  private static final String RETURN = "RETURN";

  private final Family family;
  private final RenderOptions options;
  private final BridgePorts ports;
  private final boolean repliesPassed;

  /**
   * For one family.
   *
   * @param repliesPassed whether none of an established connection comes here
   */
  BridgeChains(Family family, RenderOptions options, BridgePorts ports, boolean repliesPassed) {
    this.family = family;
    this.options = options;
    this.ports = ports;
    this.repliesPassed = repliesPassed;
  }

  /** Whether packets between ports of a bridge are looked at at all. */
  boolean isOn() {
    return ports.filtered();
  }

  /** Whether ports of which nobody knows whose they are must be closed, whatever pods there are. */
  boolean isGuarded() {
    return closesAll() && ports.filtered() && ports.shared();
  }

  private boolean dropsAdvertisements() {
    return options.bridge().advertisements() == RenderOptions.Advertisements.DROP;
  }

  /** The rules in front of all others: what claims to come from a router. */
  List<String> routerRules() {
    if (!isOn() || !dropsAdvertisements()) {
      return List.of();
    }
    return (family == Family.IPV4 ? ROUTER_IPV4 : ROUTER_IPV6)
        .stream()
            .map(
                type -> icmp(type).match(BRIDGED).comment("not a router").jump(Names.BRIDGE_ROUTER))
            .toList();
  }

  /** The rules that lead to the chains, for the rest. */
  List<String> entry() {
    return isOn() ? List.of(rule().match(BRIDGED).goTo(Names.BRIDGE)) : List.of();
  }

  /** The chains with their rules by name. */
  Map<String, List<String>> chains(Map<ObjectKey, PodRules> pods) {
    Map<String, List<String>> all = new TreeMap<>();
    if (!isOn()) {
      return all;
    }
    if (dropsAdvertisements()) {
      List<String> router = new ArrayList<>();
      nameable(ports.otherBridges())
          .forEach(
              bridge ->
                  router.add(rule().input(bridge).comment("bridge without pods").jump(RETURN)));
      nameable(ports.others())
          .forEach(
              port ->
                  router.add(
                      rule()
                          .match(PortTree.match("--physdev-in", port))
                          .comment("port of no pod")
                          .jump(RETURN)));
      router.add(rule().comment("a pod is no router").jump("DROP"));
      all.put(Names.BRIDGE_ROUTER, List.copyOf(router));
    }
    all.put(Names.BRIDGE, gate());
    all.put(Names.BY_ADDRESS, List.of(rule().jump(Names.FROM), rule().jump(Names.TO)));
    all.put(Names.BRIDGE_LINK, link());
    all.putAll(tree(Names.BRIDGE_FROM, Direction.EGRESS, pods));
    all.putAll(tree(Names.BRIDGE_TO, Direction.INGRESS, pods));
    return all;
  }

  private static Set<String> nameable(Set<String> devices) {
    Set<String> nameable = new TreeSet<>(devices);
    nameable.removeIf(device -> !BridgePorts.canName(device));
    return nameable;
  }

  /** Lets all other packets go on by their addresses, after a few looks. */
  private List<String> gate() {
    List<String> rules = new ArrayList<>();
    if (!repliesPassed) {
      rules.add(rule().match(BaseChains.TRACKED).goTo(Names.BY_ADDRESS));
    }
    nameable(ports.otherBridges())
        .forEach(
            bridge ->
                rules.add(
                    rule().input(bridge).comment("bridge without pods").goTo(Names.BY_ADDRESS)));
    Cidr linkLocal = Cidr.parse(family == Family.IPV4 ? "169.254.0.0/16" : "fe80::/10");
    rules.add(
        rule()
            .destination(Cidr.parse(family == Family.IPV4 ? "224.0.0.0/4" : "ff00::/8"))
            .goTo(Names.BRIDGE_LINK));
    rules.add(rule().destination(linkLocal).goTo(Names.BRIDGE_LINK));
    if (family == Family.IPV4) {
      rules.add(rule().match("addrtype --dst-type BROADCAST").goTo(Names.BRIDGE_LINK));
      // Where the bridge has no address, it does not know the broadcast address of the pods.
      rules.add(rule().match("pkttype --pkt-type broadcast").goTo(Names.BRIDGE_LINK));
    }
    rules.add(rule().source(linkLocal).jump(Names.BRIDGE_FROM));
    rules.add(rule().goTo(Names.BY_ADDRESS));
    return List.copyOf(rules);
  }

  /** What a network cannot do without passes; the rest has to pass both ends. */
  private List<String> link() {
    List<String> rules = new ArrayList<>();
    if (family == Family.IPV4) {
      rules.add(rule().protocol(RuleText.IGMP).comment("group membership").jump(RETURN));
      rules.add(dhcp(68, 67));
      rules.add(dhcp(67, 68));
    } else {
      LISTENERS.forEach(type -> rules.add(icmp(type).comment("group membership").jump(RETURN)));
      rules.add(dhcp(546, 547));
      rules.add(dhcp(547, 546));
    }
    rules.add(rule().jump(Names.BRIDGE_FROM));
    rules.add(rule().jump(Names.BRIDGE_TO));
    rules.add(rule().goTo(Names.BY_ADDRESS));
    return List.copyOf(rules);
  }

  private RuleText icmp(int type) {
    return family == Family.IPV4
        ? rule().protocol("icmp").match("icmp --icmp-type " + type)
        : rule().protocol("ipv6-icmp").match("icmp6 --icmpv6-type " + type);
  }

  private static String dhcp(int from, int to) {
    return rule()
        .protocol("udp")
        .match("udp --sport " + from + " --dport " + to)
        .comment("address assignment")
        .jump(RETURN);
  }

  private Map<String, List<String>> tree(
      String root, Direction direction, Map<ObjectKey, PodRules> pods) {
    String option = direction == Direction.EGRESS ? "--physdev-in" : "--physdev-out";
    boolean closed =
        closesAll() || pods.values().stream().anyMatch(rules -> rules.closes().contains(direction));
    SortedMap<String, List<String>> lines = new TreeMap<>();
    ports
        .podsByPort()
        .forEach(
            (port, keys) -> {
              List<String> rules = lines(option, port, direction, keys, pods, closed);
              if (!rules.isEmpty()) {
                lines.put(port, rules);
              }
            });
    if (closed) {
      nameable(ports.others())
          .forEach(
              port ->
                  lines.put(
                      port,
                      List.of(
                          rule()
                              .match(PortTree.match(option, port))
                              .comment("port of no pod")
                              .jump(RETURN))));
    }
    List<String> last =
        closed
            ? List.of(rule().comment("bridge port of no known pod").jump("DROP"))
            : List.<String>of();
    return PortTree.chains(root, option, lines, last);
  }

  private boolean closesAll() {
    return options.unprogrammed() == RenderOptions.Unprogrammed.DROP;
  }

  /** The rules of one port; several pods claim it where one of them lies. */
  private List<String> lines(
      String option,
      String port,
      Direction direction,
      Set<ObjectKey> keys,
      Map<ObjectKey, PodRules> pods,
      boolean closed) {
    List<String> rules = new ArrayList<>();
    boolean known = true;
    for (ObjectKey key : keys) {
      PodRules of = pods.get(key);
      String chain = Names.podChain(direction, key);
      if (of == null) {
        known &= !closesAll(); // it is not isolated, unless it is not programmed
      } else if (of.chains().containsKey(chain)) {
        rules.add(rule().match(PortTree.match(option, port)).comment("pod " + key).jump(chain));
      } else {
        known &= !of.closes().contains(direction);
      }
    }
    if (closed && known) {
      rules.add(
          rule()
              .match(PortTree.match(option, port))
              .comment("pod " + keys.iterator().next())
              .jump(RETURN));
    }
    return rules;
  }
}
