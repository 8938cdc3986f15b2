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
 * The pods that a rule's peer means, as addresses of one family: what one ipset holds. Rules that
 * mean the same pods share one, whichever policy they belong to.
 *
 * @param peer whom the rule names
 * @param family the family of the addresses
 * @param port where given, the members are addresses with the numbers of this port on each pod
 */
public record AddressSetKey(Peer peer, Family family, Optional<PortMatch.Named> port) {

  /**
   * One element of the set.
   *
   * @param address a pod's address
   * @param protocol of the port; null where the set holds plain addresses
   * @param port the port's number; 0 where the set holds plain addresses
   */
  public record Member(IpAddress address, Protocol protocol, int port)
      implements Comparable<Member> {

    private static final int PORT_BITS = 16;
    private static final int PROTOCOL_BITS = 2;

    /** The member as a number; 0 where none stands for it, as its address is an IPv6 one. */
    public long code() {
      if (address.family() == Family.IPV6) {
        return 0;
      }
      int of = protocol == null ? 0 : protocol.ordinal() + 1;
      return ((address.low() << PROTOCOL_BITS | of) << PORT_BITS | port) + 1;
    }

    /** The member that has this {@link #code()}, which is not 0. */
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

    /** By address, then by port. */
    @Override
    public int compareTo(Member other) {
      int order = address.compareTo(other.address);
      return order != 0 ? order : Integer.compare(port, other.port);
    }
  }

  /**
   * What this pod contributes; empty where it is not meant. The namespace is null while unknown.
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

  /** The one namespace whose pods are meant; empty where those of several may be. */
  Optional<String> namespace() {
    return peer instanceof Peer.Pods pods
            && pods.namespaces() instanceof Peer.NamespaceScope.Named named
        ? Optional.of(named.name())
        : Optional.empty();
  }

  /** Whether pods of this namespace can be meant at all; null where it is unknown. */
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

  /** For people and correlation keys, as {@code pods app=web in namespace shop, ipv4}. */
  @Override
  public String toString() {
    return peer
        + port.map(named -> ", port " + named.name() + "/" + named.protocol()).orElse("")
        + ", "
        + family.toString().toLowerCase(Locale.ROOT);
  }

  /** A text that only equal sets share: what the set is named by. */
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
