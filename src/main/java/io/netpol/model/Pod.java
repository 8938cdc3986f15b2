package io.netpol.model;

import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import io.netpol.net.Protocol;
import java.util.List;
import java.util.Map;

/**
 * What matters of a Pod.
 *
 * @param key namespace and name
 * @param node {@code spec.nodeName}, empty while not scheduled
 * @param hostNetwork {@code spec.hostNetwork}
 * @param finished whether the phase is Succeeded or Failed: its addresses may be in use again
 * @param labels {@code metadata.labels}
 * @param addresses {@code status.podIPs}, empty until it has one
 * @param ports the declared ports of all its containers, sidecars (init containers that restart
 *     always) included; rules can mean those with a name only
 */
public record Pod(
    ObjectKey key,
    String node,
    boolean hostNetwork,
    boolean finished,
    Map<String, String> labels,
    List<IpAddress> addresses,
    List<NamedPort> ports) {

  /**
   * A port that a container declares.
   *
   * @param name empty where it has none
   * @param number 1 to 65535
   */
  public record NamedPort(String name, Protocol protocol, int number) {

    @Override
    public boolean equals(Object other) {
      return other instanceof NamedPort port
          && number == port.number
          && protocol == port.protocol
          && name.equals(port.name);
    }

    @Override
    public int hashCode() {
      return (name.hashCode() * 31 + protocol.hashCode()) * 31 + number;
    }
  }

  public Pod {
    labels = Map.copyOf(labels);
    addresses = List.copyOf(addresses);
    ports = List.copyOf(ports);
  }

  /** Written out: every event asks, and what records have of their own is many times as slow. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Pod pod
        && hostNetwork == pod.hostNetwork
        && finished == pod.finished
        && key.equals(pod.key)
        && node.equals(pod.node)
        && labels.equals(pod.labels)
        && addresses.equals(pod.addresses)
        && ports.equals(pod.ports);
  }

  @Override
  public int hashCode() {
    return key.hashCode();
  }

  /**
   * Returns whether policies and pod selectors may mean this pod: not on the host network, not
   * finished.
   */
  public boolean hasOwnNetwork() {
    return !hostNetwork && !finished;
  }

  /** Returns the addresses of one family, in the order of the status. */
  public List<IpAddress> addresses(Family family) {
    return addresses.stream().filter(a -> a.family() == family).toList();
  }

  /**
   * Returns the numbers of the ports with this name and protocol, in order; empty if there is none.
   */
  public List<Integer> portNumbers(PortMatch.Named named) {
    return ports.stream()
        .filter(p -> p.protocol() == named.protocol() && p.name().equals(named.name()))
        .map(NamedPort::number)
        .distinct()
        .sorted()
        .toList();
  }
}
