package io.netpol.iptables;

import static io.netpol.iptables.RuleText.rule;

import io.netpol.policy.Cidr;
import io.netpol.policy.Cluster;
import io.netpol.policy.Direction;
import io.netpol.policy.Family;
import io.netpol.policy.ObjectKey;
import io.netpol.policy.Peer;
import io.netpol.policy.Pod;
import io.netpol.policy.PodSet;
import io.netpol.policy.PodSet.Member;
import io.netpol.policy.PortMatch;
import io.netpol.policy.Protocol;
import io.netpol.policy.Rule;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Writes one rule of a policy as lines that return on a match, and notes the sets they need. */
final class PeerWriter {

  private final Cluster cluster;
  private final boolean useSets;
  private final Set<IpSet> sets = new LinkedHashSet<>();
  private final Set<PodSet> pods = new LinkedHashSet<>();

  PeerWriter(Cluster cluster, RenderOptions options) {
    this.cluster = cluster;
    this.useSets = options.peers() == RenderOptions.PeerForm.IPSET;
  }

  /** The sets that the lines written so far match against. */
  Set<IpSet> sets() {
    return Set.copyOf(sets);
  }

  /** The pods that the lines written so far name. */
  Set<PodSet> pods() {
    return Set.copyOf(pods);
  }

  /**
   * The lines of a rule for one pod it selects, direction and family; none where nobody is meant.
   */
  List<String> lines(Pod pod, Direction direction, Family family, Rule rule, String why) {
    List<String> lines = new ArrayList<>();
    List<PortMatch> ports = new ArrayList<>();
    for (PortMatch port : rule.ports()) {
      if (!(port instanceof PortMatch.Named named)) {
        ports.add(port);
      } else if (direction == Direction.EGRESS) {
        for (Peer peer : rule.peers()) {
          lines.addAll(namedOnPeer(family, peer, named, why));
        }
      } else {
        for (int number : pod.portNumbers(named)) {
          ports.add(new PortMatch.Range(named.protocol(), number, number));
        }
      }
    }
    List<RuleTail> tails = tails(ports);
    for (Head head : tails.isEmpty() ? List.<Head>of() : heads(direction, family, rule, why)) {
      tails.forEach(
          tail -> lines.add(tail.apply(head.start().get()).comment(head.why()).jump("RETURN")));
    }
    return lines;
  }

  /** The start of a line that says who the other end is, made anew for every line. */
  private record Head(Supplier<RuleText> start, String why) {}

  /** The rest of a line that says which ports. */
  private interface RuleTail {
    RuleText apply(RuleText head);
  }

  /** As few as can say these ports, none of which is named. */
  private List<RuleTail> tails(List<PortMatch> ports) {
    if (ports.stream().anyMatch(PortMatch.Any.class::isInstance)) {
      return List.of(head -> head);
    }
    List<RuleTail> tails = new ArrayList<>();
    for (Protocol protocol : Protocol.values()) {
      if (ports.contains(new PortMatch.AllOf(protocol))) {
        tails.add(head -> head.protocol(protocol));
        continue;
      }
      List<PortMatch.Range> left =
          ports.stream()
              .filter(PortMatch.Range.class::isInstance)
              .map(PortMatch.Range.class::cast)
              .filter(range -> range.protocol() == protocol)
              .distinct()
              .toList();
      while (!left.isEmpty()) {
        int count = useSets ? RuleText.fitting(left) : 1;
        List<PortMatch.Range> now = left.subList(0, count);
        tails.add(head -> head.ports(now));
        left = left.subList(count, left.size());
      }
    }
    return tails;
  }

  private List<Head> heads(Direction direction, Family family, Rule rule, String why) {
    List<Head> heads = new ArrayList<>();
    List<Cidr> plainBlocks = new ArrayList<>();
    for (Peer peer : rule.peers()) {
      if (peer instanceof Peer.Everyone) {
        heads.add(new Head(RuleText::rule, why + ": everyone"));
      } else if (peer instanceof Peer.Pods named) {
        PodSet meant = new PodSet(named, family, Optional.empty());
        pods.add(meant);
        heads.addAll(useSets ? asSet(direction, meant, why) : onePerPod(direction, meant, why));
      } else if (peer instanceof Peer.Block block && block.cidr().family() == family) {
        if (block.except().isEmpty()) {
          plainBlocks.add(block.cidr());
        } else if (useSets) {
          heads.addAll(asSet(direction, IpSet.of(block), why + ": " + block));
        } else {
          block
              .cidr()
              .minus(block.except())
              .forEach(part -> heads.add(block(direction, part, why)));
        }
      }
    }
    if (useSets && plainBlocks.size() > 1) {
      heads.addAll(
          asSet(
              direction,
              IpSet.of(family, plainBlocks),
              why
                  + ": "
                  + plainBlocks.stream().map(Cidr::toString).collect(Collectors.joining(", "))));
    } else {
      plainBlocks.forEach(block -> heads.add(block(direction, block, why)));
    }
    return heads;
  }

  private static Head block(Direction direction, Cidr block, String why) {
    return new Head(() -> rule().peer(direction, block), why + ": " + block);
  }

  private List<Head> asSet(Direction direction, PodSet meant, String why) {
    return asSet(direction, IpSet.of(meant), why + ": " + meant.peer());
  }

  private List<Head> asSet(Direction direction, IpSet set, String why) {
    sets.add(set);
    return List.of(new Head(() -> rule().peerSet(direction, set.name(), false), why));
  }

  private List<Head> onePerPod(Direction direction, PodSet meant, String why) {
    List<Head> heads = new ArrayList<>();
    for (Map.Entry<ObjectKey, List<Member>> pod : cluster.matching(meant).entrySet()) {
      for (Member member : pod.getValue()) {
        heads.add(
            new Head(
                () -> rule().peer(direction, Cidr.of(member.address())),
                why + ": peer POD " + pod.getKey()));
      }
    }
    return heads;
  }

  /** A named port for egress is looked up on each peer pod: address and port go together. */
  private List<String> namedOnPeer(Family family, Peer peer, PortMatch.Named named, String why) {
    PodSet meant = new PodSet(peer, family, Optional.of(named));
    boolean nobody = peer instanceof Peer.Block block && block.cidr().family() != family;
    if (nobody) {
      return List.of();
    }
    pods.add(meant);
    if (useSets) {
      IpSet set = IpSet.of(meant);
      sets.add(set);
      return List.of(
          rule()
              .protocol(named.protocol())
              .peerSet(Direction.EGRESS, set.name(), true)
              .comment(why + ": " + peer + " port " + named.name())
              .jump("RETURN"));
    }
    List<String> lines = new ArrayList<>();
    for (Map.Entry<ObjectKey, List<Member>> pod : cluster.matching(meant).entrySet()) {
      for (Member member : pod.getValue()) {
        lines.add(
            rule()
                .destination(Cidr.of(member.address()))
                .ports(
                    List.of(new PortMatch.Range(member.protocol(), member.port(), member.port())))
                .comment(why + ": port " + named.name() + " of peer POD " + pod.getKey())
                .jump("RETURN"));
      }
    }
    return lines;
  }
}
