package io.netpol.kernel;

import io.netpol.index.Cluster;
import io.netpol.model.DefaultIsolation;
import io.netpol.model.Direction;
import io.netpol.model.Kind;
import io.netpol.model.LabelSelector;
import io.netpol.model.LabelSelector.Requirement;
import io.netpol.model.Namespace;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.Node;
import io.netpol.model.ObjectKey;
import io.netpol.model.Peer;
import io.netpol.model.Pod;
import io.netpol.model.PortMatch;
import io.netpol.model.Rule;
import io.netpol.net.Cidr;
import io.netpol.net.IpAddress;
import io.netpol.net.Protocol;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Makes a cluster whose policies need every form of a rule and of a set. */
final class EveryForm {

  /** A text that ends whatever it stands in, where it is not made harmless. */
  static final String HOSTILE = "\" } ; drop #'\\$(x)`\n\t\u00e9\u2028 " + "x".repeat(300);

  private static final List<String> ODD_ADDRESSES =
      List.of(
          "::1:2",
          "::a00:1",
          "::2",
          "fd00::1:0:0:1",
          "1:0:0:2:0:0:0:3",
          "1:0:2:3:4:5:6:7",
          "64:ff9b::a00:1",
          "::1:0:0:a00:1",
          "0:0:0:0:ffff:0:a00:1",
          "fe80::1",
          "ffff::");

  private static final List<List<String>> BLOCKS =
      List.of(
          List.of("0.0.0.0/0", "::/0"),
          List.of("10.0.0.0/9", "10.128.0.0/9", "fd00::/9", "fd80::/9"),
          List.of("10.0.0.0/8", "10.1.0.0/16", "10.1.0.0/16", "11.0.0.1/32", "11.0.0.2/31"),
          List.of("::/0", "::ffff:0:0/96", "::ffff:a00:0/100", "64:ff9b::/96", "::/96", "::/127"),
          List.of("0.0.0.0/1", "128.0.0.0/1", "255.255.255.255/32", "0.0.0.0/32"),
          List.of("::/1", "8000::/1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128", "::/128"));

  private static final Map<String, List<String>> EXCEPTIONS =
      Map.of(
          "0.0.0.0/0", List.of("10.0.0.0/8", "10.1.0.0/16", "255.255.255.255/32", "0.0.0.0/32"),
          "::/0", List.of("fd00::/8", "::ffff:0:0/96", "::/128"),
          "10.0.0.0/30", List.of("10.0.0.1/32"),
          "10.9.0.0/16", List.of("10.9.0.0/17", "10.9.128.0/17"),
          "::a00:0/126", List.of("::a00:1/128"));

  private static final List<List<PortMatch>> PORTS =
      List.of(
          List.of(new PortMatch.Any()),
          List.of(new PortMatch.AllOf(Protocol.TCP), new PortMatch.AllOf(Protocol.UDP)),
          List.of(new PortMatch.AllOf(Protocol.SCTP)),
          List.of(range(80, 80)),
          List.of(range(1, 65_535)),
          List.of(range(80, 90), range(85, 100), range(101, 101), range(65_535, 65_535)),
          List.of(range(90, 100), range(80, 89), range(95, 97)),
          List.of(range(1, 1), range(3, 3), range(65_534, 65_535)),
          IntStream.range(0, 40).<PortMatch>mapToObj(i -> range(100 + 2 * i, 100 + 2 * i)).toList(),
          List.of(
              new PortMatch.Range(Protocol.UDP, 53, 53),
              new PortMatch.Range(Protocol.SCTP, 7, 9),
              range(53, 53)),
          List.of(
              new PortMatch.Named(Protocol.TCP, "http"),
              new PortMatch.Named(Protocol.UDP, "http"),
              new PortMatch.Named(Protocol.SCTP, "http")),
          List.of(new PortMatch.Named(Protocol.TCP, "none")));

  private EveryForm() {}

  private static PortMatch range(int first, int last) {
    return new PortMatch.Range(Protocol.TCP, first, last);
  }

  /**
   * Returns the cluster as node n1 knows it.
   *
   * @param peers the number of other pods
   */
  static Cluster cluster(int peers) {
    Cluster cluster = new Cluster("n1", DefaultIsolation.OFF);
    cluster.put(
        new Node(
            "n1",
            List.of(IpAddress.parse("192.0.2.1")),
            Stream.of("10.0.0.0/24", "0.0.0.0/0", "fd00:1::/64", "::/0")
                .map(Cidr::parse)
                .toList()));
    for (String namespace : List.of("x", HOSTILE)) {
      cluster.put(new Namespace(namespace, Map.of("name", namespace), Set.of()));
    }
    cluster.put(pod("x", "own", "n1", List.of("10.0.0.1", "::a00:1")));
    cluster.put(pod(HOSTILE, HOSTILE, "n1", List.of("10.0.0.2", "fd00:1::2")));
    cluster.put(pod("x", "one-family", "n1", List.of("fd00:1::3")));
    cluster.put(pod("x", "audited", "n1", List.of("10.0.0.4", "fd00:1::4")));
    for (int i = 0; i < peers; i++) {
      String four = "10." + (1 + i / 250) + ".0." + (1 + i % 250);
      String six = "fd00:2::" + Integer.toHexString(i + 1);
      cluster.put(pod("x", "peer-" + i, "n2", List.of(four, six)));
    }
    for (int i = 0; i < ODD_ADDRESSES.size(); i++) {
      cluster.put(pod("x", "odd-" + i, "n2", List.of(ODD_ADDRESSES.get(i))));
    }
    cluster.put(policy("x", "policy", false, LabelSelector.EVERYTHING, rules()));
    cluster.put(policy(HOSTILE, HOSTILE, false, LabelSelector.EVERYTHING, rules()));
    cluster.put(policy("x", "audit", true, selector("audited"), List.of()));
    for (Kind kind : Kind.values()) {
      cluster.listed(kind);
    }
    return cluster;
  }

  private static Pod pod(String namespace, String name, String node, List<String> addresses) {
    return new Pod(
        new ObjectKey(namespace, name),
        node,
        false,
        false,
        Map.of("name", name),
        addresses.stream().map(IpAddress::parse).toList(),
        Stream.of(Protocol.values())
            .map(protocol -> new Pod.NamedPort("http", protocol, 8000 + protocol.ordinal()))
            .toList());
  }

  private static NetworkPolicy policy(
      String namespace, String name, boolean audited, LabelSelector selector, List<Rule> rules) {
    return new NetworkPolicy(
        new ObjectKey(namespace, name),
        selector,
        Map.of(Direction.INGRESS, rules, Direction.EGRESS, rules),
        audited);
  }

  private static List<Rule> rules() {
    Peer some = new Peer.Pods(new Peer.NamespaceScope.Named("x"), selector("odd-1"));
    Peer all = new Peer.Pods(new Peer.NamespaceScope.Named("x"), LabelSelector.EVERYTHING);
    Peer nobody = new Peer.Pods(new Peer.NamespaceScope.Named("x"), selector(HOSTILE));
    List<Rule> rules = new ArrayList<>();
    for (List<PortMatch> ports : PORTS) {
      rules.add(new Rule(List.of(some, nobody), ports));
      rules.add(new Rule(List.of(new Peer.Everyone()), ports));
    }
    rules.add(new Rule(List.of(all), List.of(new PortMatch.Any())));
    rules.add(new Rule(List.of(all), List.of(new PortMatch.Named(Protocol.TCP, "http"))));
    for (List<String> blocks : BLOCKS) {
      rules.add(
          new Rule(
              blocks.stream()
                  .<Peer>map(text -> new Peer.Block(Cidr.parse(text), List.of()))
                  .toList(),
              List.of(range(80, 80))));
    }
    EXCEPTIONS.forEach(
        (block, except) ->
            rules.add(
                new Rule(
                    List.of(
                        new Peer.Block(
                            Cidr.parse(block), except.stream().map(Cidr::parse).toList())),
                    List.of(range(80, 80)))));
    return rules;
  }

  private static LabelSelector selector(String name) {
    return new LabelSelector(List.of(Requirement.equalTo("name", name)));
  }
}
