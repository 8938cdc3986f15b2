package io.netpol.policy.lint;

import io.netpol.policy.Cidr;
import io.netpol.policy.Direction;
import io.netpol.policy.LabelSelector;
import io.netpol.policy.LabelSelector.Requirement;
import io.netpol.policy.NetworkPolicy;
import io.netpol.policy.Peer;
import io.netpol.policy.Peer.NamespaceScope;
import io.netpol.policy.PortMatch;
import io.netpol.policy.Rule;
import java.util.List;
import java.util.Optional;

/**
 * Whether one policy alone makes another superfluous whatever pods there are: it selects all pods
 * that the other does, isolates them in the same directions and admits all that the other does.
 * What cannot be seen from selectors, blocks and ports as they are written counts as not so.
 */
final class Redundancy {

  private Redundancy() {}

  /** The policy that makes this one superfluous; of two that are the same, the second is. */
  static Optional<NetworkPolicy> of(NetworkPolicy policy, List<NetworkPolicy> beside) {
    return beside.stream()
        .filter(other -> !other.key().equals(policy.key()) && covers(other, policy))
        .filter(other -> !covers(policy, other) || other.key().compareTo(policy.key()) < 0)
        .findFirst();
  }

  private static boolean covers(NetworkPolicy wide, NetworkPolicy narrow) {
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

  private static boolean covers(Rule wide, Rule narrow) {
    return narrow.peers().stream()
            .allMatch(peer -> wide.peers().stream().anyMatch(w -> covers(w, peer)))
        && narrow.ports().stream()
            .allMatch(port -> wide.ports().stream().anyMatch(w -> covers(w, port)));
  }

  private static boolean covers(Peer wide, Peer narrow) {
    if (wide instanceof Peer.Everyone) {
      return true;
    } else if (wide instanceof Peer.Block w && narrow instanceof Peer.Block n) {
      return w.cidr().contains(n.cidr())
          && w.except().stream()
              .allMatch(
                  hole ->
                      !hole.contains(n.cidr()) && !n.cidr().contains(hole)
                          || n.except().stream().anyMatch(e -> covers(e, hole)));
    } else if (wide instanceof Peer.Pods w && narrow instanceof Peer.Pods n) {
      return covers(w.namespaces(), n.namespaces()) && covers(w.selector(), n.selector());
    }
    return false;
  }

  private static boolean covers(Cidr wide, Cidr narrow) {
    return wide.contains(narrow);
  }

  private static boolean covers(NamespaceScope wide, NamespaceScope narrow) {
    if (wide instanceof NamespaceScope.Matching w) {
      return w.selector().isEverything()
          || narrow instanceof NamespaceScope.Matching n && covers(w.selector(), n.selector());
    }
    return wide.equals(narrow);
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

  /** Whether whatever the narrow selector selects, the wide one does. */
  private static boolean covers(LabelSelector wide, LabelSelector narrow) {
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
