package io.netpol.analysis.matrix;

import io.netpol.evaluate.Endpoint;
import io.netpol.evaluate.Evaluator;
import io.netpol.evaluate.PodPolicy;
import io.netpol.index.Cluster;
import io.netpol.model.Direction;
import io.netpol.model.LabelSelector;
import io.netpol.model.Namespace;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.Node;
import io.netpol.model.ObjectKey;
import io.netpol.model.Peer;
import io.netpol.model.Pod;
import io.netpol.model.PortMatch;
import io.netpol.model.Rule;
import io.netpol.net.Cidr;
import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Finds everybody in a cluster who can connect, and what policies see of each. */
final class EndpointInventory {

  private final Cluster cluster;
  private final Evaluator evaluator;
  private final MatrixQuery query;
  private final PeerNumbers peers = new PeerNumbers();
  private final Set<PortMatch> matches = new HashSet<>();
  private final Map<PortMatch.Named, Set<Integer>> numbers = new HashMap<>();
  private final Set<Family> families = EnumSet.noneOf(Family.class);
  private final Map<String, Member> members = new LinkedHashMap<>();
  private final Map<String, Map<Family, BitSet>> meantBy = new HashMap<>();
  private final Map<LabelSelector, List<Member>> byScope = new HashMap<>();
  private final Map<String, List<Member>> byNamespace = new HashMap<>();
  private final MembersByAddress byAddress;
  private final Set<IpAddress> nodeAddresses = new HashSet<>();

  /**
   * Takes it.
   *
   * @param outside the blocks whose addresses outside are told apart: at least {@link #blocksOf}
   */
  EndpointInventory(Cluster cluster, MatrixQuery query, Collection<Cidr> outside) {
    this.cluster = cluster;
    this.evaluator = new Evaluator(cluster);
    this.query = query;
    for (Node node : cluster.nodes()) {
      nodeAddresses.addAll(node.addresses());
      nodeAddresses.addAll(node.furtherAddresses());
    }
    readRules();
    query.named().ifPresent(named -> numbers.put(named, new TreeSet<>()));
    cluster.pods().stream()
        .filter(pod -> pod.hasOwnNetwork() && query.isAbout(pod.key().namespace()))
        .sorted(Comparator.comparing(Pod::key))
        .forEach(this::add);
    cluster.nodes().stream().sorted(Comparator.comparing(Node::name)).forEach(this::add);
    members.values().forEach(member -> member.endpoints().values().forEach(this::noteFamily));
    if (families.isEmpty()) {
      families.add(Family.IPV4);
    }
    members.replaceAll((name, member) -> withoutAddress(member));
    new ExternalEndpoints(cluster, outside, families)
        .members()
        .forEach(m -> members.put(m.name(), m));
    byAddress = MembersByAddress.of(members.values());
    peers.all().forEach(this::noteMeant);
  }

  private void readRules() {
    for (Namespace namespace : cluster.namespaces()) {
      if (query.isAbout(namespace.name())) {
        cluster.policies(namespace.name()).forEach(this::readRules);
      }
    }
  }

  private void readRules(NetworkPolicy policy) {
    peers.add(policy);
    for (Direction direction : Direction.values()) {
      for (Rule rule : policy.rules(direction)) {
        matches.addAll(rule.ports());
        for (PortMatch match : rule.ports()) {
          if (match instanceof PortMatch.Named named) {
            numbers.computeIfAbsent(named, n -> new TreeSet<>());
          }
        }
      }
    }
  }

  /** Returns the names of the blocks outside that policies treat as they do the world. */
  Set<String> likeTheWorld() {
    Map<Family, BitSet> world = meantBy.getOrDefault(ExternalEndpoints.WORLD, Map.of());
    Set<String> names = new HashSet<>();
    for (Member member : members.values()) {
      boolean block =
          member.pod().isEmpty()
              && member.node().isEmpty()
              && !member.name().equals(ExternalEndpoints.WORLD)
              && members.containsKey(ExternalEndpoints.WORLD);
      if (block
          && member.families().stream()
              .allMatch(
                  family ->
                      meantBy
                          .getOrDefault(member.name(), Map.of())
                          .getOrDefault(family, new BitSet())
                          .equals(world.getOrDefault(family, new BitSet())))) {
        names.add(member.name());
      }
    }
    return names;
  }

  /** Counts these no more. */
  void leaveOut(Set<String> names) {
    members.keySet().removeAll(names);
  }

  /** Returns the blocks of rules, and those excepted from them. */
  static Collection<Cidr> blocksOf(Cluster cluster, MatrixQuery query) {
    Set<Cidr> blocks = new TreeSet<>();
    for (Namespace namespace : cluster.namespaces()) {
      if (query.isAbout(namespace.name())) {
        cluster.policies(namespace.name()).stream()
            .flatMap(policy -> policy.rules().values().stream())
            .flatMap(List::stream)
            .flatMap(rule -> rule.peers().stream())
            .filter(Peer.Block.class::isInstance)
            .map(Peer.Block.class::cast)
            .forEach(
                block -> {
                  blocks.add(block.cidr());
                  blocks.addAll(block.except());
                });
      }
    }
    return blocks;
  }

  private void add(Pod pod) {
    Map<Family, Endpoint> endpoints = new EnumMap<>(Family.class);
    for (Family family : Family.values()) {
      pod.addresses(family).stream()
          .findFirst()
          .ifPresent(
              address -> endpoints.put(family, new Endpoint(address, cluster.podsAt(address))));
    }
    numbers.forEach((named, known) -> known.addAll(pod.portNumbers(named)));
    String name = pod.key().toString();
    members.put(name, new Member(name, Optional.of(pod), pod.node(), endpoints));
  }

  private void add(Node node) {
    Map<Family, Endpoint> endpoints = new EnumMap<>(Family.class);
    for (IpAddress address : node.addresses()) {
      endpoints.putIfAbsent(address.family(), new Endpoint(address, List.of()));
    }
    if (!endpoints.isEmpty()) {
      String name = "node " + node.name();
      members.put(name, new Member(name, Optional.empty(), node.name(), endpoints));
    }
  }

  private void noteFamily(Endpoint end) {
    families.add(end.address().family());
  }

  /** Policies can judge a pod by its labels before it has an address, in whichever family. */
  private Member withoutAddress(Member member) {
    if (!member.endpoints().isEmpty()) {
      return member;
    }
    Map<Family, Endpoint> endpoints = new EnumMap<>(Family.class);
    families.forEach(
        family -> endpoints.put(family, new Endpoint(null, List.of(member.pod().get()))));
    return new Member(member.name(), member.pod(), member.node(), endpoints);
  }

  private void noteMeant(Peer peer, int number) {
    if (peer instanceof Peer.Block block) {
      byAddress.in(block).forEach(member -> setMeant(member, block.cidr().family(), number));
      return;
    }
    for (Member member : candidates(peer)) {
      member
          .endpoints()
          .forEach(
              (family, end) -> {
                if (evaluator.means(peer, end)) {
                  setMeant(member, family, number);
                }
              });
    }
  }

  private void setMeant(Member member, Family family, int number) {
    meantBy
        .computeIfAbsent(member.name(), n -> new EnumMap<>(Family.class))
        .computeIfAbsent(family, f -> new BitSet())
        .set(number);
  }

  /** Returns those that a peer can mean: not all need to be asked where it names its namespaces. */
  private Collection<Member> candidates(Peer peer) {
    if (!(peer instanceof Peer.Pods pods)) {
      return members.values();
    }
    if (byNamespace.isEmpty()) {
      for (Member member : members.values()) {
        // Where two pods share an address, a peer that means one of them means it.
        member.endpoints().values().stream()
            .flatMap(end -> end.pods().stream())
            .map(pod -> pod.key().namespace())
            .distinct()
            .forEach(n -> byNamespace.computeIfAbsent(n, x -> new ArrayList<>()).add(member));
      }
    }
    if (pods.namespaces() instanceof Peer.NamespaceScope.Named named) {
      return byNamespace.getOrDefault(named.name(), List.of());
    }
    LabelSelector selector = ((Peer.NamespaceScope.Matching) pods.namespaces()).selector();
    return byScope.computeIfAbsent(
        selector,
        s ->
            cluster.namespaces().stream()
                .filter(namespace -> s.matches(namespace.labels()))
                .flatMap(n -> byNamespace.getOrDefault(n.name(), List.of()).stream())
                .distinct()
                .toList());
  }

  Cluster cluster() {
    return cluster;
  }

  Map<String, Member> members() {
    return members;
  }

  Set<Family> families() {
    return families;
  }

  Set<PortMatch> matches() {
    return matches;
  }

  Map<PortMatch.Named, Set<Integer>> numbers() {
    return numbers;
  }

  /** Returns the peers of rules by their numbers in footprints. */
  BitSet numbersOf(Collection<Rule> rules) {
    return peers.of(rules);
  }

  /** Returns what policies see of a member. */
  EquivalenceClass.PolicyFootprint footprint(Member member) {
    Map<Direction, List<ObjectKey>> policies = new EnumMap<>(Direction.class);
    Map<PortMatch.Named, List<Integer>> named = new HashMap<>();
    boolean alone = member.endpoints().values().stream().anyMatch(this::isOdd);
    if (member.pod().isPresent()) {
      Pod pod = member.pod().get();
      for (Direction direction : Direction.values()) {
        PodPolicy policy = PodPolicy.of(cluster, pod, direction);
        if (!policy.isEmpty()) {
          policies.put(direction, policy.policies());
        }
      }
      for (PortMatch.Named each : numbers.keySet()) {
        List<Integer> own = pod.portNumbers(each);
        if (!own.isEmpty()) {
          named.put(each, own);
        }
      }
    }
    return new EquivalenceClass.PolicyFootprint(
        Set.copyOf(member.families()),
        meantBy.getOrDefault(member.name(), Map.of()),
        new TreeMap<>(policies),
        named,
        alone ? Optional.of(member.name()) : Optional.empty());
  }

  /** Returns whether an address is that of more than one. */
  private boolean isOdd(Endpoint end) {
    return end.pods().size() > 1
        || !end.pods().isEmpty() && end.address() != null && nodeAddresses.contains(end.address());
  }
}
