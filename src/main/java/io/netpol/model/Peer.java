package io.netpol.model;

import io.netpol.net.Cidr;
import io.netpol.net.IpAddress;
import java.util.List;
import java.util.stream.Collectors;

/** Whom a rule admits as the other end of a connection ({@code NetworkPolicyPeer}). */
public sealed interface Peer {

  /** Every address: what {@code from} or {@code to} means when absent or empty. */
  record Everyone() implements Peer {
    @Override
    public String toString() {
      return "everyone";
    }
  }

  /**
   * An {@code ipBlock}: addresses of pods and of anything else.
   *
   * @param cidr the block
   * @param except blocks that are not meant; sorted, those that do not overlap left out
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
   * Pods by their labels in namespaces by name or labels.
   *
   * @param namespaces where the pods live
   * @param selector which pods of these namespaces
   */
  record Pods(NamespaceScope namespaces, LabelSelector selector) implements Peer {
    @Override
    public String toString() {
      return (selector.isEverything() ? "all pods" : "pods " + selector) + " in " + namespaces;
    }
  }

  /** The namespaces that a peer looks for pods in. */
  sealed interface NamespaceScope {

    /** The policy's own namespace: what an absent {@code namespaceSelector} means. */
    record Named(String name) implements NamespaceScope {
      @Override
      public String toString() {
        return "namespace " + name;
      }
    }

    /** All namespaces that the {@code namespaceSelector} selects. */
    record Matching(LabelSelector selector) implements NamespaceScope {
      @Override
      public String toString() {
        return selector.isEverything() ? "all namespaces" : "namespaces " + selector;
      }
    }
  }
}
