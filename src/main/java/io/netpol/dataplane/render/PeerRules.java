package io.netpol.dataplane.render;

import io.netpol.dataplane.render.Match.Address;
import io.netpol.index.AddressSetKey;
import io.netpol.index.AddressSetKey.Member;
import io.netpol.index.Cluster;
import io.netpol.model.Direction;
import io.netpol.model.ObjectKey;
import io.netpol.model.Peer;
import io.netpol.model.Pod;
import io.netpol.model.PortMatch;
import io.netpol.net.Cidr;
import io.netpol.net.Family;
import io.netpol.net.Protocol;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Turns a rule of a policy into accept rules, and collects the sets they need. Without ipset, there
 * is one rule for each peer and port.
 */
final class PeerRules {

  private final Cluster cluster;
  private final boolean useSets;
  private final Set<AddressSet> sets = new LinkedHashSet<>();
  private final Set<AddressSetKey> pods = new LinkedHashSet<>();

  PeerRules(Cluster cluster, RenderOptions options) {
    this.cluster = cluster;
    this.useSets = options.peers() == RenderOptions.PeerForm.IPSET;
  }

  /** Returns the sets that the rules so far match. */
  Set<AddressSet> sets() {
    return sets;
  }

  /** Returns the keys of the peers that the rules so far use. */
  Set<AddressSetKey> pods() {
    return pods;
  }

  /**
   * Returns the rules for one pod that the policy selects; empty if no peer matches.
   *
   * @param label identifies the rule of the policy and its direction
   */
  List<Rule> rules(Pod pod, Family family, io.netpol.model.Rule rule, RuleLabel.OfPolicy label) {
    List<Rule> rules = new ArrayList<>();
    List<PortMatch> ports = new ArrayList<>();
    for (PortMatch port : rule.ports()) {
      if (!(port instanceof PortMatch.Named named)) {
        ports.add(port);
      } else if (label.direction() == Direction.EGRESS) {
        for (Peer peer : rule.peers()) {
          rules.addAll(namedOnPeer(family, peer, named, label));
        }
      } else {
        for (int number : pod.portNumbers(named)) {
          ports.add(new PortMatch.Range(named.protocol(), number, number));
        }
      }
    }
    List<List<Match>> ofPorts = ports(ports);
    for (Meant meant : ofPorts.isEmpty() ? List.<Meant>of() : peers(family, rule, label)) {
      for (List<Match> some : ofPorts) {
        rules.add(Rule.of(meant.label(), new Action.Return(), meant.matches(), some));
      }
    }
    return rules;
  }

  /** Holds the matches and the label of a peer. */
  private record Meant(List<Match> matches, RuleLabel label) {}

  /** Returns the fewest lists of matches for ports without names; a list may be empty. */
  private List<List<Match>> ports(List<PortMatch> ports) {
    if (ports.stream().anyMatch(PortMatch.Any.class::isInstance)) {
      return List.of(List.of());
    }
    List<List<Match>> all = new ArrayList<>();
    for (Protocol protocol : Protocol.values()) {
      if (ports.contains(new PortMatch.AllOf(protocol))) {
        all.add(List.of(new Match.Transport(protocol)));
        continue;
      }
      List<PortMatch.Range> ranges =
          ports.stream()
              .filter(PortMatch.Range.class::isInstance)
              .map(PortMatch.Range.class::cast)
              .filter(range -> range.protocol() == protocol)
              .distinct()
              .toList();
      if (useSets && !ranges.isEmpty()) {
        all.add(List.of(new Match.DestinationPorts(ranges)));
      } else {
        ranges.forEach(range -> all.add(List.of(new Match.DestinationPorts(List.of(range)))));
      }
    }
    return all;
  }

  private List<Meant> peers(Family family, io.netpol.model.Rule rule, RuleLabel.OfPolicy label) {
    Address address = Address.ofPeer(label.direction());
    List<Meant> all = new ArrayList<>();
    List<Cidr> plainBlocks = new ArrayList<>();
    for (Peer peer : rule.peers()) {
      if (peer instanceof Peer.Everyone) {
        all.add(new Meant(List.of(), label.with("everyone")));
      } else if (peer instanceof Peer.Pods named) {
        AddressSetKey meant = new AddressSetKey(named, family, Optional.empty());
        pods.add(meant);
        if (useSets) {
          all.add(inSet(address, AddressSet.of(meant), label.with(meant.peer().toString())));
        } else {
          all.addAll(onePerPod(address, meant, label));
        }
      } else if (peer instanceof Peer.Block block && block.cidr().family() == family) {
        if (block.except().isEmpty()) {
          plainBlocks.add(block.cidr());
        } else if (useSets) {
          all.add(inSet(address, AddressSet.of(block), label.with(block.toString())));
        } else {
          block
              .cidr()
              .minus(block.except())
              .forEach(part -> all.add(inBlock(address, part, label)));
        }
      }
    }
    if (useSets && plainBlocks.size() > 1) {
      String names = plainBlocks.stream().map(Cidr::toString).collect(Collectors.joining(", "));
      all.add(inSet(address, AddressSet.of(plainBlocks), label.with(names)));
    } else {
      plainBlocks.forEach(block -> all.add(inBlock(address, block, label)));
    }
    return all;
  }

  private static Meant inBlock(Address address, Cidr block, RuleLabel.OfPolicy label) {
    return new Meant(List.of(new Match.InBlock(address, block)), label.with(block.toString()));
  }

  private Meant inSet(Address address, AddressSet set, RuleLabel label) {
    sets.add(set);
    return new Meant(List.of(new Match.InSet(address, set)), label);
  }

  private List<Meant> onePerPod(Address address, AddressSetKey meant, RuleLabel.OfPolicy label) {
    List<Meant> all = new ArrayList<>();
    for (Map.Entry<ObjectKey, List<Member>> pod : cluster.matching(meant).entrySet()) {
      for (Member member : pod.getValue()) {
        all.add(
            new Meant(
                List.of(new Match.InBlock(address, Cidr.of(member.address()))),
                label.with("peer POD " + pod.getKey())));
      }
    }
    return all;
  }

  /**
   * Returns the rules for a named port for egress, which is looked up on each peer pod: address and
   * port are matched together.
   */
  private List<Rule> namedOnPeer(
      Family family, Peer peer, PortMatch.Named named, RuleLabel.OfPolicy label) {
    AddressSetKey meant = new AddressSetKey(peer, family, Optional.of(named));
    boolean nobody = peer instanceof Peer.Block block && block.cidr().family() != family;
    if (nobody) {
      return List.of();
    }
    pods.add(meant);
    if (useSets) {
      AddressSet set = AddressSet.of(meant);
      sets.add(set);
      return List.of(
          Rule.of(
              label.with(peer + " port " + named.name()),
              new Action.Return(),
              new Match.Transport(named.protocol()),
              new Match.InSet(Address.DESTINATION, set)));
    }
    List<Rule> rules = new ArrayList<>();
    for (Map.Entry<ObjectKey, List<Member>> pod : cluster.matching(meant).entrySet()) {
      for (Member member : pod.getValue()) {
        rules.add(
            Rule.of(
                label.with("port " + named.name() + " of peer POD " + pod.getKey()),
                new Action.Return(),
                new Match.InBlock(Address.DESTINATION, Cidr.of(member.address())),
                new Match.DestinationPorts(
                    List.of(
                        new PortMatch.Range(member.protocol(), member.port(), member.port())))));
      }
    }
    return rules;
  }
}
