package io.netpol.iptables;

import static io.netpol.iptables.RuleText.rule;

import io.netpol.iptables.PodRules.Entry;
import io.netpol.policy.Cidr;
import io.netpol.policy.Direction;
import io.netpol.policy.Family;
import io.netpol.policy.IpAddress;
import io.netpol.policy.ObjectKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Writes the chains that take a packet to the pods' own: the entry and the two dispatch trees. */
final class BaseChains {

  static final String TRACKED = "conntrack --ctstate RELATED,ESTABLISHED";

  /** Router solicitation to redirect: IPv6 neighbour discovery (RFC 4861, section 4). */
  private static final List<Integer> NEIGHBOUR_DISCOVERY = List.of(133, 134, 135, 136, 137);

  private final Family family;
  private final boolean accepts;
  private final List<Cidr> guarded;
  private final BridgeChains bridge;

  /**
   * For one family.
   *
   * @param guarded blocks whose addresses pass nothing unless they are those of a pod with entries
   * @param ports the ports of bridges that pods hang on
   */
  BaseChains(Family family, RenderOptions options, List<Cidr> guarded, BridgePorts ports) {
    this.family = family;
    this.accepts = options.accept() == RenderOptions.Accept.ACCEPT;
    this.guarded = guarded;
    this.bridge = new BridgeChains(family, options, ports, passesReplies());
  }

  /** The chains with their rules by name; none where no packet needs a rule. */
  Map<String, List<String>> chains(Map<ObjectKey, PodRules> pods) {
    SortedMap<IpAddress, List<Entry>> byAddress = new TreeMap<>();
    for (PodRules rules : pods.values()) {
      for (Entry entry : rules.entries()) {
        byAddress.computeIfAbsent(entry.address(), a -> new ArrayList<>()).add(entry);
      }
    }
    Map<String, List<String>> all = new TreeMap<>();
    if (pods.isEmpty() && guarded.isEmpty() && !bridge.isGuarded()) {
      return all;
    }
    all.put(Names.FORWARD, forward());
    if (accepts) {
      all.put(
          Names.PASSED,
          List.of(rule().jump(Names.TO), rule().jump(RenderOptions.Accept.ACCEPT.name())));
    }
    all.putAll(bridge.chains(pods));
    all.putAll(tree(Names.FROM, Direction.EGRESS, byAddress));
    all.putAll(tree(Names.TO, Direction.INGRESS, byAddress));
    return all;
  }

  /** Whether replies pass before anybody looks at their ends. */
  private boolean passesReplies() {
    return !accepts && guarded.isEmpty();
  }

  private List<String> forward() {
    List<String> rules = new ArrayList<>(bridge.routerRules());
    if (family == Family.IPV6) {
      for (int type : NEIGHBOUR_DISCOVERY) {
        rules.add(
            rule()
                .protocol("ipv6-icmp")
                .match("icmp6 --icmpv6-type " + type)
                .comment("neighbour discovery")
                .jump("RETURN"));
      }
    }
    if (passesReplies()) {
      rules.add(rule().match(TRACKED).jump("RETURN"));
    }
    rules.addAll(bridge.entry());
    rules.add(rule().jump(Names.FROM));
    rules.add(rule().jump(Names.TO));
    return List.copyOf(rules);
  }

  private Map<String, List<String>> tree(
      String root, Direction direction, SortedMap<IpAddress, List<Entry>> byAddress) {
    SortedMap<IpAddress, List<String>> lines = new TreeMap<>();
    byAddress.forEach(
        (address, entries) -> {
          List<String> rules = lines(direction, address, entries);
          if (!rules.isEmpty()) {
            lines.put(address, rules);
          }
        });
    List<DispatchTree.Guard> guards =
        guarded.stream()
            .map(
                block ->
                    new DispatchTree.Guard(
                        block, guard(direction, block).comment("not programmed yet").jump("DROP")))
            .toList();
    return DispatchTree.chains(root, lines, guards);
  }

  /** The rules for an address; two pods share one while one of them is ending. */
  private List<String> lines(Direction direction, IpAddress address, List<Entry> entries) {
    Cidr own = Cidr.of(address);
    String pods =
        "pod " + entries.stream().map(e -> e.pod().toString()).collect(Collectors.joining(", "));
    boolean isolated = entries.stream().anyMatch(e -> e.from() != null || e.to() != null);
    List<String> rules = new ArrayList<>();
    // A guarded address gets nothing of a former pod's connections either: both ends are looked at.
    RuleText tracked = own(direction, own).match(TRACKED).comment(pods);
    if (isolated && !guarded.isEmpty()) {
      rules.add(passed(direction, tracked));
    } else if (isolated && accepts) {
      rules.add(tracked.jump("ACCEPT"));
    }
    List<String> chains =
        entries.stream()
            .map(direction == Direction.EGRESS ? Entry::from : Entry::to)
            .filter(Objects::nonNull)
            .toList();
    chains.forEach(chain -> rules.add(own(direction, own).comment(pods).jump(chain)));
    if (accepts && !chains.isEmpty()) {
      rules.add(passed(direction, own(direction, own).comment(pods)));
    } else if (!guarded.isEmpty()) {
      rules.add(own(direction, own).comment(pods).jump("RETURN"));
    }
    return rules;
  }

  /** Where a packet goes that one end lets pass. */
  private String passed(Direction direction, RuleText rule) {
    if (!accepts) {
      return rule.jump("RETURN");
    }
    return direction == Direction.EGRESS ? rule.goTo(Names.PASSED) : rule.jump("ACCEPT");
  }

  /** The broadcast address of the pods is no pod's; its ports tell who may hear it. */
  private RuleText guard(Direction direction, Cidr block) {
    RuleText guard = own(direction, block);
    return direction == Direction.INGRESS && family == Family.IPV4 && bridge.isOn()
        ? guard.match("addrtype ! --dst-type BROADCAST")
        : guard;
  }

  /** The pod's own end: the source where it sends, else the destination. */
  private static RuleText own(Direction direction, Cidr block) {
    return direction == Direction.EGRESS ? rule().source(block) : rule().destination(block);
  }
}
