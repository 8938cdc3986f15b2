package io.netpol.dataplane.iptables;

import io.netpol.dataplane.reconcile.PodChains;
import io.netpol.dataplane.reconcile.PodChains.Entry;
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
import io.netpol.net.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Makes the base chains, which lead packets to the chains of pods: the entry chain and the two
 * dispatch trees.
 */
final class BaseChains {

  private static final Action RETURN = new Action.Return();

  /** Router solicitation to redirect: IPv6 neighbour discovery (RFC 4861, section 4). */
  private static final List<Integer> NEIGHBOUR_DISCOVERY = List.of(133, 134, 135, 136, 137);

  private final Family family;
  private final boolean accepts;
  private final List<Cidr> protectedCidrs;
  private final BridgeChains bridge;

  /**
   * Makes the chains of one family.
   *
   * @param protectedCidrs blocks whose addresses are denied unless they belong to a pod with
   *     entries
   * @param ports the bridge ports of pods
   */
  BaseChains(Family family, RenderOptions options, List<Cidr> protectedCidrs, BridgePorts ports) {
    this.family = family;
    this.accepts = options.accept() == RenderOptions.Accept.ACCEPT;
    this.protectedCidrs = protectedCidrs;
    this.bridge = new BridgeChains(family, options, ports, passesReplies());
  }

  /** Returns the chains; none if no packet needs a rule. */
  List<Chain> chains(Map<ObjectKey, PodChains> pods) {
    SortedMap<IpAddress, List<Entry>> byAddress = new TreeMap<>();
    for (PodChains rules : pods.values()) {
      for (Entry entry : rules.entries()) {
        byAddress.computeIfAbsent(entry.address(), a -> new ArrayList<>()).add(entry);
      }
    }
    List<Chain> all = new ArrayList<>();
    if (pods.isEmpty() && protectedCidrs.isEmpty() && !bridge.isProtected()) {
      return all;
    }
    all.add(new Chain(Names.FORWARD, forward()));
    if (accepts) {
      all.add(new Chain(Names.PASSED, List.of(jump(Names.TO), Rule.of(new Action.Accept()))));
    }
    all.addAll(bridge.chains(pods));
    all.addAll(tree(Names.FROM, Direction.EGRESS, byAddress));
    all.addAll(tree(Names.TO, Direction.INGRESS, byAddress));
    return all;
  }

  private static Rule jump(String chain) {
    return Rule.of(new Action.Jump(chain));
  }

  /** Returns whether established connections are accepted before the dispatch trees. */
  private boolean passesReplies() {
    return !accepts && protectedCidrs.isEmpty();
  }

  private List<Rule> forward() {
    List<Rule> rules = new ArrayList<>(bridge.routerRules());
    if (family == Family.IPV6) {
      for (int type : NEIGHBOUR_DISCOVERY) {
        rules.add(Rule.of(new RuleLabel.Note("neighbour discovery"), RETURN, new Match.Icmp(type)));
      }
    }
    if (passesReplies()) {
      rules.add(Rule.of(RETURN, new Match.Established()));
    }
    rules.addAll(bridge.entry());
    rules.add(jump(Names.FROM));
    rules.add(jump(Names.TO));
    return rules;
  }

  private List<Chain> tree(
      String root, Direction direction, SortedMap<IpAddress, List<Entry>> byAddress) {
    SortedMap<IpAddress, List<Rule>> ofAddresses = new TreeMap<>();
    byAddress.forEach(
        (address, entries) -> {
          List<Rule> rules = rules(direction, address, entries);
          if (!rules.isEmpty()) {
            ofAddresses.put(address, rules);
          }
        });
    List<DispatchTree.Guard> guards =
        protectedCidrs.stream()
            .map(block -> new DispatchTree.Guard(block, guard(direction, block)))
            .toList();
    return DispatchTree.chains(root, ofAddresses, guards);
  }

  /** Returns the rules for an address; two pods share it while one of them terminates. */
  private List<Rule> rules(Direction direction, IpAddress address, List<Entry> entries) {
    Match own = new Match.InBlock(Address.ofPod(direction), Cidr.of(address));
    RuleLabel pods = new RuleLabel.OfPods(entries.stream().map(Entry::pod).toList());
    boolean isolated = entries.stream().anyMatch(e -> e.from() != null || e.to() != null);
    List<Rule> rules = new ArrayList<>();
    // A protected address gets no packets of a former pod's connections either: source and
    // destination are checked.
    if (isolated && !protectedCidrs.isEmpty()) {
      rules.add(Rule.of(pods, passed(direction), own, new Match.Established()));
    } else if (isolated && accepts) {
      rules.add(Rule.of(pods, new Action.Accept(), own, new Match.Established()));
    }
    List<String> chains =
        entries.stream()
            .map(direction == Direction.EGRESS ? Entry::from : Entry::to)
            .filter(Objects::nonNull)
            .toList();
    chains.forEach(chain -> rules.add(Rule.of(pods, new Action.Jump(chain), own)));
    if (accepts && !chains.isEmpty()) {
      rules.add(Rule.of(pods, passed(direction), own));
    } else if (!protectedCidrs.isEmpty()) {
      rules.add(Rule.of(pods, RETURN, own));
    }
    return rules;
  }

  /** Returns the action for a packet that the chains of one direction allow. */
  private Action passed(Direction direction) {
    if (!accepts) {
      return RETURN;
    }
    return direction == Direction.EGRESS ? new Action.GoTo(Names.PASSED) : new Action.Accept();
  }

  /**
   * Returns the rule that denies a protected block, except for its broadcast address, which the
   * rules of bridge ports filter.
   */
  private Rule guard(Direction direction, Cidr block) {
    Match own = new Match.InBlock(Address.ofPod(direction), block);
    RuleLabel label = new RuleLabel.Note("not programmed yet");
    return direction == Direction.INGRESS && family == Family.IPV4 && bridge.isOn()
        ? Rule.of(label, new Action.Drop(), own, new Match.BroadcastAddress(false))
        : Rule.of(label, new Action.Drop(), own);
  }
}
