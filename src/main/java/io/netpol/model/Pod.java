package io.netpol.model;

import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import io.netpol.net.Protocol;
import java.util.List;
import java.util.Map;

/**
 * Represents the parts of a Pod that policies depend on.
 *
 * @param key namespace and name
 * @param node {@code spec.nodeName}, empty until the pod is scheduled
 * @param hostNetwork {@code spec.hostNetwork}
 * @param finished whether the phase is Succeeded or Failed: its addresses may belong to another pod
 * @param labels {@code metadata.labels}
 * @param addresses {@code status.podIPs}, empty until the pod has an address
 * @param ports the declared ports of all containers and sidecars (init containers with {@code
 *     restartPolicy: Always}); rules can refer only to ports with a name
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
   * Represents a port that a container declares.
   *
   * @param name empty if the port has no name
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

  /**
   * Compares pods without the reflection of records, which is many times slower: every event
   * compares.
   */
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
   * Returns whether policies and pod selectors can select the pod: it is not on the host network,
   * and not finished.
   */
  public boolean hasOwnNetwork() {
    return !hostNetwork && !finished;
  }

  /** Returns the addresses of one family, in the order of the status. */
  public List<IpAddress> addresses(Family family) {
    return addresses.stream().filter(a -> a.family() == family).toList();
  }

  /**
   * Returns the numbers of the ports with this name and protocol, in order; empty if the pod has
   * none.
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
