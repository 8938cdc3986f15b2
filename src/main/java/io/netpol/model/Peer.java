package io.netpol.model;

import io.netpol.net.Cidr;
import io.netpol.net.IpAddress;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Describes the sources (ingress) or destinations (egress) that a rule allows ({@code
 * NetworkPolicyPeer}).
 */
public sealed interface Peer {

  /** Matches every address: {@code from} or {@code to} is absent or empty. */
  record Everyone() implements Peer {
    @Override
    public String toString() {
      return "everyone";
    }
  }

  /**
   * Matches the addresses of an {@code ipBlock}, those of pods included.
   *
   * @param cidr the block
   * @param except blocks that do not match; sorted, without those outside the block
   */
  record Block(Cidr cidr, List<Cidr> except) implements Peer {
    public Block {
      except =
          except.stream()
              .filter(e -> cidr.contains(e) || e.contains(cidr))
              .distinct()
              .sorted()
              .toList();
    }

    /** Returns whether the address is in the block and in none of the exceptions. */
    public boolean contains(IpAddress address) {
      return cidr.contains(address) && except.stream().noneMatch(e -> e.contains(address));
    }

    @Override
    public String toString() {
      String exceptions = except.stream().map(Cidr::toString).collect(Collectors.joining(", "));
      return except.isEmpty() ? cidr.toString() : cidr + " except " + exceptions;
    }
  }

  /**
   * Matches pods by their labels, in namespaces by name or labels.
   *
   * @param namespaces the namespaces of the pods
   * @param selector which pods of these namespaces
   */
  record Pods(NamespaceScope namespaces, LabelSelector selector) implements Peer {
    @Override
    public String toString() {
      return (selector.isEverything() ? "all pods" : "pods " + selector) + " in " + namespaces;
    }
  }

  /** Selects the namespaces of the pods that a peer matches. */
  sealed interface NamespaceScope {

    /** Selects the namespace of the policy: {@code namespaceSelector} is absent. */
    record Named(String name) implements NamespaceScope {
      @Override
      public String toString() {
        return "namespace " + name;
      }
    }

    /** Selects namespaces by labels ({@code namespaceSelector}). */
    record Matching(LabelSelector selector) implements NamespaceScope {
      @Override
      public String toString() {
        return selector.isEverything() ? "all namespaces" : "namespaces " + selector;
      }
    }
  }
}
