package io.netpol.analysis.lint;

import io.netpol.model.Direction;
import io.netpol.model.LabelSelector;
import io.netpol.model.LabelSelector.Requirement;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.Peer;
import io.netpol.model.PortMatch;
import io.netpol.model.Rule;
import io.netpol.net.Protocol;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Finds out whether one policy alone makes another superfluous whatever pods there are: it selects
 * all pods that the other does, isolates them in the same directions and allows all that the other
 * does. What cannot be seen from selectors, blocks and ports as they are written counts as not so.
 *
 * <p>A policy that allows nothing in some direction is what holds when others go, and so
 * superfluous only beside a copy of itself.
 */
final class Redundancy {

  /** More combinations of a rule's peers and ports are found by the peers alone. */
  private static final int MAX_KEYS = 10_000;

  /** Of a policy's rules; one of them that few others have is enough. */
  private static final int MAX_PROBES = 64;

  /** For rules of so many peers and ports that the ports are not told apart. */
  private static final String ANY_PORT = "any";

  /** What the rules of a policy with this selector are found by. */
  private record RuleKey(Direction direction, Peer peer, Object port) {}

  /** Policies with the same selector. */
  private static final class Alike {
    final LabelSelector selector;
    final List<Integer> policies = new ArrayList<>();
    final Map<Direction, PeerSet> peers = new EnumMap<>(Direction.class);
    final Map<RuleKey, List<Integer>> byRule = new HashMap<>();

    Alike(LabelSelector selector) {
      this.selector = selector;
    }
  }

  private final List<NetworkPolicy> policies;
  private final Map<Object, NetworkPolicy> copies = new HashMap<>();
  private final SelectorIndex<Alike> bySelector;
  private final Map<Rule, PeerSet> peerSets = new IdentityHashMap<>();

  /**
   * Compares policies.
   *
   * @param policies all of a namespace, in order of their names
   */
  Redundancy(List<NetworkPolicy> policies) {
    this.policies = policies;
    Map<LabelSelector, Alike> alike = new LinkedHashMap<>();
    for (int i = 0; i < policies.size(); i++) {
      NetworkPolicy policy = policies.get(i);
      copies.putIfAbsent(meaning(policy), policy);
      alike.computeIfAbsent(policy.podSelector(), Alike::new).policies.add(i);
    }
    bySelector = new SelectorIndex<>(List.copyOf(alike.values()), each -> each.selector);
  }

  private static Object meaning(NetworkPolicy policy) {
    return List.of(policy.podSelector(), policy.rules(), policy.audited());
  }

  /**
   * Returns the policy that makes this one superfluous; of two that are the same, the second is.
   */
  Optional<NetworkPolicy> of(NetworkPolicy policy) {
    if (policy.rules().isEmpty()) {
      return Optional.empty();
    } else if (isSafetyNet(policy)) {
      return Optional.ofNullable(copies.get(meaning(policy)))
          .filter(copy -> !copy.key().equals(policy.key()));
    }
    return candidates(policy)
        .filter(other -> !other.key().equals(policy.key()) && covers(other, policy))
        .filter(other -> !covers(policy, other) || other.key().compareTo(policy.key()) < 0)
        .findFirst();
  }

  /** Returns whether it isolates in a direction in which it allows nothing. */
  private static boolean isSafetyNet(NetworkPolicy policy) {
    return policy.rules().values().stream()
        .anyMatch(rules -> rules.stream().noneMatch(Redundancy::allowsAnything));
  }

  private static boolean allowsAnything(Rule rule) {
    return !rule.peers().isEmpty() && !rule.ports().isEmpty();
  }

  /** Returns whether one lets everything pass in every direction in which the other isolates. */
  static boolean allowsEverything(NetworkPolicy wide, NetworkPolicy narrow) {
    return narrow.rules().keySet().stream()
        .allMatch(
            direction ->
                wide.rules(direction).stream()
                    .anyMatch(
                        rule ->
                            rule.peers().contains(new Peer.Everyone())
                                && rule.ports().contains(new PortMatch.Any())));
  }

  /** Returns all policies that may cover this one, in order. */
  private Stream<NetworkPolicy> candidates(NetworkPolicy narrow) {
    Set<Integer> found = new TreeSet<>();
    for (Alike alike : bySelector.mayCover(narrow.podSelector())) {
      if (covers(alike.selector, narrow.podSelector())) {
        found.addAll(candidates(alike, narrow));
      }
    }
    return found.stream().map(policies::get);
  }

  /**
   * Returns those that have a rule for some one rule of this policy: for the one that fewest have.
   */
  private Collection<Integer> candidates(Alike alike, NetworkPolicy narrow) {
    if (alike.policies.size() <= 2) {
      return alike.policies;
    }
    index(alike);
    Collection<Integer> fewest = alike.policies;
    int probes = 0;
    for (Map.Entry<Direction, List<Rule>> rules : narrow.rules().entrySet()) {
      for (Rule rule : rules.getValue()) {
        if (allowsAnything(rule) && probes++ < MAX_PROBES) {
          Collection<Integer> having = having(alike, rules.getKey(), rule);
          fewest = having.size() < fewest.size() ? having : fewest;
        }
      }
    }
    return fewest;
  }

  private Collection<Integer> having(Alike alike, Direction direction, Rule rule) {
    List<List<Integer>> parts = new ArrayList<>();
    PeerSet peers = alike.peers.get(direction);
    for (Peer peer : peers == null ? List.<Peer>of() : peers.covering(rule.peers().get(0))) {
      for (Object port : widerPorts(rule.ports().get(0))) {
        parts.add(alike.byRule.getOrDefault(new RuleKey(direction, peer, port), List.of()));
      }
    }
    Set<Integer> having = new TreeSet<>();
    parts.forEach(having::addAll);
    return having;
  }

  private void index(Alike alike) {
    if (!alike.byRule.isEmpty()) {
      return;
    }
    Map<Direction, Set<Peer>> peers = new EnumMap<>(Direction.class);
    for (int number : alike.policies) {
      policies
          .get(number)
          .rules()
          .forEach(
              (direction, rules) -> {
                Set<Peer> all = peers.computeIfAbsent(direction, d -> new LinkedHashSet<>());
                for (Rule rule : rules) {
                  all.addAll(rule.peers());
                  index(alike, number, direction, rule);
                }
              });
    }
    peers.forEach((direction, all) -> alike.peers.put(direction, new PeerSet(List.copyOf(all))));
  }

  private static void index(Alike alike, int number, Direction direction, Rule rule) {
    Set<Object> ports = new LinkedHashSet<>();
    if ((long) rule.peers().size() * rule.ports().size() > MAX_KEYS) {
      ports.add(ANY_PORT);
    } else {
      rule.ports().forEach(port -> ports.add(portKey(port)));
    }
    for (Peer peer : rule.peers()) {
      for (Object port : ports) {
        alike
            .byRule
            .computeIfAbsent(new RuleKey(direction, peer, port), k -> new ArrayList<>(1))
            .add(number);
      }
    }
  }

  private static Object portKey(PortMatch port) {
    return port instanceof PortMatch.Range range && range.first() < range.last()
        ? range.protocol()
        : port;
  }

  /** Returns the keys of all ports that may cover this one. */
  private static List<Object> widerPorts(PortMatch port) {
    List<Object> wider = new ArrayList<>(List.of(ANY_PORT, new PortMatch.Any()));
    Protocol protocol =
        port instanceof PortMatch.Range range
            ? range.protocol()
            : port instanceof PortMatch.Named named
                ? named.protocol()
                : port instanceof PortMatch.AllOf all ? all.protocol() : null;
    if (protocol != null) {
      wider.add(protocol);
      wider.add(new PortMatch.AllOf(protocol));
      wider.add(port);
    }
    return wider.stream().distinct().toList();
  }

  private boolean covers(NetworkPolicy wide, NetworkPolicy narrow) {
    if (narrow.rules().isEmpty()
        || wide.audited() != narrow.audited()
        || !covers(wide.podSelector(), narrow.podSelector())) {
      return false;
    }
    for (Direction direction : Direction.values()) {
      if (narrow.isolates(direction)
          && !(wide.isolates(direction)
              && narrow.rules(direction).stream()
                  .allMatch(
                      rule -> wide.rules(direction).stream().anyMatch(w -> covers(w, rule))))) {
        return false;
      }
    }
    return true;
  }

  private boolean covers(Rule wide, Rule narrow) {
    return narrow.ports().stream()
            .allMatch(port -> wide.ports().stream().anyMatch(w -> covers(w, port)))
        && (wide.peers().equals(narrow.peers())
            || narrow.peers().stream()
                .allMatch(peerSets.computeIfAbsent(wide, w -> new PeerSet(w.peers()))::covers));
  }

  private static boolean covers(PortMatch wide, PortMatch narrow) {
    if (wide instanceof PortMatch.Any) {
      return true;
    } else if (wide instanceof PortMatch.AllOf all) {
      return narrow instanceof PortMatch.AllOf n && n.protocol() == all.protocol()
          || narrow instanceof PortMatch.Range r && r.protocol() == all.protocol()
          || narrow instanceof PortMatch.Named d && d.protocol() == all.protocol();
    } else if (wide instanceof PortMatch.Range w && narrow instanceof PortMatch.Range n) {
      return w.protocol() == n.protocol() && w.first() <= n.first() && n.last() <= w.last();
    }
    return wide.equals(narrow);
  }

  /** Returns whether whatever the narrow selector selects, the wide one does. */
  static boolean covers(LabelSelector wide, LabelSelector narrow) {
    return wide.requirements().stream()
        .allMatch(w -> narrow.requirements().stream().anyMatch(n -> implies(n, w)));
  }

  private static boolean implies(Requirement given, Requirement wanted) {
    if (!given.key().equals(wanted.key())) {
      return false;
    }
    return switch (given.operator()) {
      case IN ->
          switch (wanted.operator()) {
            case IN -> wanted.values().containsAll(given.values());
            case NOT_IN -> given.values().stream().noneMatch(wanted.values()::contains);
            case EXISTS -> true;
            case DOES_NOT_EXIST -> false;
          };
      case NOT_IN ->
          wanted.operator() == LabelSelector.Operator.NOT_IN
              && given.values().containsAll(wanted.values());
      case EXISTS -> wanted.operator() == LabelSelector.Operator.EXISTS;
      case DOES_NOT_EXIST ->
          wanted.operator() == LabelSelector.Operator.DOES_NOT_EXIST
              || wanted.operator() == LabelSelector.Operator.NOT_IN;
    };
  }
}
