package io.netpol.index;

import io.netpol.model.LabelSelector;
import io.netpol.model.Namespace;
import io.netpol.model.Peer;
import io.netpol.model.Pod;
import io.netpol.model.PortMatch;
import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import io.netpol.net.Protocol;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Identifies a set of pod addresses of one family by the peer that selects the pods. Rules that
 * select the same pods share one set, whichever policy they belong to.
 *
 * @param peer the peer of the rule
 * @param family the family of the addresses
 * @param port a named port: the members are then addresses with the number of this port on each
 *     pod; empty for plain addresses
 */
public record AddressSetKey(Peer peer, Family family, Optional<PortMatch.Named> port) {

  /**
   * Represents one element of a set.
   *
   * @param address a pod's address
   * @param protocol of the port; null if the set contains plain addresses
   * @param port the number of the port; 0 if the set contains plain addresses
   */
  public record Member(IpAddress address, Protocol protocol, int port)
      implements Comparable<Member> {

    private static final int PORT_BITS = 16;
    private static final int PROTOCOL_BITS = 2;

    /** Returns the member packed into a number; 0 for an IPv6 member, which does not fit. */
    public long code() {
      if (address.family() == Family.IPV6) {
        return 0;
      }
      int of = protocol == null ? 0 : protocol.ordinal() + 1;
      return ((address.low() << PROTOCOL_BITS | of) << PORT_BITS | port) + 1;
    }

    /** Returns the member that has this {@link #code()}, which is not 0. */
    public static Member ofCode(long code) {
      long number = code - 1;
      int port = (int) number & (1 << PORT_BITS) - 1;
      int of = (int) (number >>> PORT_BITS) & (1 << PROTOCOL_BITS) - 1;
      IpAddress address = IpAddress.ipv4(number >>> PORT_BITS + PROTOCOL_BITS);
      return new Member(address, of == 0 ? null : Protocol.ALL.get(of - 1), port);
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Member member
          && port == member.port
          && protocol == member.protocol
          && address.equals(member.address);
    }

    @Override
    public int hashCode() {
      return address.hashCode() * 31 + port;
    }

    /** Orders members by address, then by port. */
    @Override
    public int compareTo(Member other) {
      int order = address.compareTo(other.address);
      return order != 0 ? order : Integer.compare(port, other.port);
    }
  }

  /**
   * Returns the members that a pod contributes; empty if the peer does not select it. The namespace
   * is null while it is not known.
   */
  List<Member> membersOf(Pod pod, Namespace namespace) {
    if (!pod.hasOwnNetwork() || !selects(pod, namespace)) {
      return List.of();
    }
    boolean plain = port.isEmpty() && !(peer instanceof Peer.Block);
    if (plain && pod.addresses().size() == 1) {
      IpAddress only = pod.addresses().get(0);
      return only.family() == family ? List.of(new Member(only, null, 0)) : List.of();
    }
    List<Member> members = new ArrayList<>(2);
    for (IpAddress address : pod.addresses()) {
      boolean meant = !(peer instanceof Peer.Block block) || block.contains(address);
      if (address.family() != family || !meant) {
        continue;
      }
      if (port.isEmpty()) {
        members.add(new Member(address, null, 0));
      } else {
        for (int number : pod.portNumbers(port.get())) {
          members.add(new Member(address, port.get().protocol(), number));
        }
      }
    }
    return members;
  }

  /** Returns the one namespace whose pods the peer can select; empty if there may be several. */
  Optional<String> namespace() {
    return peer instanceof Peer.Pods pods
            && pods.namespaces() instanceof Peer.NamespaceScope.Named named
        ? Optional.of(named.name())
        : Optional.empty();
  }

  /**
   * Returns whether the peer can select pods of the namespace; null stands for a namespace that is
   * not known.
   */
  boolean mayHold(Namespace namespace) {
    return !(peer instanceof Peer.Pods pods
        && pods.namespaces() instanceof Peer.NamespaceScope.Matching matching
        && (namespace == null || !matching.selector().matches(namespace.labels())));
  }

  private boolean selects(Pod pod, Namespace namespace) {
    if (!(peer instanceof Peer.Pods pods)) {
      return true;
    }
    if (pods.namespaces() instanceof Peer.NamespaceScope.Named named) {
      return named.name().equals(pod.key().namespace()) && pods.selector().matches(pod.labels());
    }
    Peer.NamespaceScope.Matching matching = (Peer.NamespaceScope.Matching) pods.namespaces();
    return namespace != null
        && matching.selector().matches(namespace.labels())
        && pods.selector().matches(pod.labels());
  }

  /**
   * Returns a text for people and correlation keys, such as {@code pods app=web in namespace shop,
   * ipv4}.
   */
  @Override
  public String toString() {
    return peer
        + port.map(named -> ", port " + named.name() + "/" + named.protocol()).orElse("")
        + ", "
        + family.toString().toLowerCase(Locale.ROOT);
  }

  /** Returns a text that only equal keys share. The name of the set is derived from it. */
  public String canonical() {
    StringBuilder text = new StringBuilder().append(family);
    port.ifPresent(
        p -> LabelSelector.part(text.append('|').append(p.protocol()).append(' '), p.name()));
    text.append('|');
    if (peer instanceof Peer.Pods pods) {
      if (pods.namespaces() instanceof Peer.NamespaceScope.Named named) {
        LabelSelector.part(text.append("in "), named.name());
      } else {
        Peer.NamespaceScope.Matching matching = (Peer.NamespaceScope.Matching) pods.namespaces();
        text.append("where ").append(matching.selector().canonical());
      }
      return text.append('|').append(pods.selector().canonical()).toString();
    }
    return text.append(peer).toString();
  }
}
