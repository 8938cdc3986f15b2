package io.netpol.dataplane.iptables;

import io.netpol.model.Direction;
import io.netpol.model.LabelSelector;
import io.netpol.model.LabelSelector.Operator;
import io.netpol.model.LabelSelector.Requirement;
import io.netpol.model.Namespace;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.ObjectKey;
import io.netpol.model.Peer;
import io.netpol.model.Peer.NamespaceScope;
import io.netpol.model.Pod;
import io.netpol.model.PortMatch;
import io.netpol.model.Rule;
import io.netpol.net.Cidr;
import io.netpol.net.IpAddress;
import io.netpol.net.Protocol;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;

/** Makes objects at random from few names, so that they meet each other often. */
final class RandomCluster {

  static final String NODE = "n1";
  private static final List<String> NAMES = List.of("a", "b", "c");

  private final Random random;
  private int nextAddress = 10;

  RandomCluster(Random random) {
    this.random = random;
  }

  Namespace namespace() {
    return new Namespace(one(NAMES), labels(), Set.of());
  }

  Pod pod() {
    int address = random.nextInt(4) == 0 ? 5 + random.nextInt(4) : nextAddress++;
    List<IpAddress> addresses =
        random.nextInt(8) == 0
            ? List.of()
            : List.of(
                IpAddress.ipv4(0x0a000000L | address), IpAddress.ipv6(0xfd00L << 48, address));
    return new Pod(
        new ObjectKey(one(NAMES), "pod-" + random.nextInt(8)),
        random.nextBoolean() ? NODE : "n2",
        random.nextInt(10) == 0,
        random.nextInt(10) == 0,
        labels(),
        addresses,
        List.of(new Pod.NamedPort("http", Protocol.TCP, 8000 + random.nextInt(3))));
  }

  NetworkPolicy policy() {
    Map<Direction, List<Rule>> rules = new EnumMap<>(Direction.class);
    for (Direction direction : Direction.values()) {
      if (random.nextInt(3) > 0) {
        rules.put(direction, times(3).mapToObj(i -> rule()).toList());
      }
    }
    ObjectKey key = new ObjectKey(one(NAMES), "policy-" + random.nextInt(5));
    return new NetworkPolicy(key, selector(), rules);
  }

  private Rule rule() {
    List<Peer> peers =
        random.nextInt(4) == 0
            ? List.of(new Peer.Everyone())
            : times(3).mapToObj(i -> peer()).toList();
    List<PortMatch> ports =
        random.nextInt(3) == 0
            ? List.of(new PortMatch.Any())
            : times(3).mapToObj(i -> port()).toList();
    return new Rule(peers, ports);
  }

  private Peer peer() {
    return switch (random.nextInt(4)) {
      case 0 -> new Peer.Pods(new NamespaceScope.Named(one(NAMES)), selector());
      case 1, 2 -> new Peer.Pods(new NamespaceScope.Matching(selector()), selector());
      default -> {
        int prefix = List.of(0, 8, 24, 28).get(random.nextInt(4));
        Cidr block = new Cidr(IpAddress.ipv4(0x0a000000L | random.nextInt(64)), prefix);
        yield new Peer.Block(
            block,
            times(2)
                .mapToObj(i -> new Cidr(IpAddress.ipv4(0x0a000000L | random.nextInt(64)), 30))
                .toList());
      }
    };
  }

  private PortMatch port() {
    Protocol protocol = Protocol.values()[random.nextInt(3)];
    return switch (random.nextInt(4)) {
      case 0 -> new PortMatch.AllOf(protocol);
      case 1 -> new PortMatch.Named(Protocol.TCP, random.nextInt(4) == 0 ? "none" : "http");
      default -> {
        int first = 8000 + random.nextInt(3);
        yield new PortMatch.Range(protocol, first, first + random.nextInt(3));
      }
    };
  }

  private LabelSelector selector() {
    return new LabelSelector(
        times(2)
            .mapToObj(
                i -> {
                  Operator operator = Operator.values()[random.nextInt(4)];
                  boolean valued = operator == Operator.IN || operator == Operator.NOT_IN;
                  return new Requirement(
                      one(NAMES), operator, valued ? List.of(one(NAMES), one(NAMES)) : List.of());
                })
            .toList());
  }

  private Map<String, String> labels() {
    return random.nextBoolean()
        ? Map.of(one(NAMES), one(NAMES))
        : Map.of("a", one(NAMES), "b", one(NAMES));
  }

  private IntStream times(int most) {
    return IntStream.range(0, random.nextInt(most + 1));
  }

  private String one(List<String> names) {
    return names.get(random.nextInt(names.size()));
  }
}
