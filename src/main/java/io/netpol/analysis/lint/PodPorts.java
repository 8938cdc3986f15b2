package io.netpol.analysis.lint;

import io.netpol.model.Pod;
import io.netpol.model.Pod.NamedPort;
import io.netpol.model.PortMatch;
import io.netpol.net.Protocol;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Counts some pods, and says what ports these declare. */
final class PodPorts {

  private final Map<String, NamedPort> firstByName = new HashMap<>();
  private final Set<PortMatch.Named> names = new HashSet<>();

  /** By number, how many pods declare it for UDP and not for TCP. */
  private final Map<Integer, Integer> udpOnly = new HashMap<>();

  private int count;

  PodPorts(Stream<Pod> pods) {
    pods.forEach(this::add);
  }

  private void add(Pod pod) {
    count++;
    Set<Integer> udp = new HashSet<>();
    for (NamedPort port : pod.ports()) {
      if (port.protocol() == Protocol.UDP) {
        udp.add(port.number());
      }
      if (!port.name().isEmpty()) {
        firstByName.putIfAbsent(port.name(), port);
        names.add(new PortMatch.Named(port.protocol(), port.name()));
      }
    }
    pod.ports().stream()
        .filter(port -> port.protocol() == Protocol.TCP)
        .forEach(port -> udp.remove(port.number()));
    udp.forEach(number -> udpOnly.merge(number, 1, Integer::sum));
  }

  /** Returns whether there is no pod. */
  boolean isEmpty() {
    return count == 0;
  }

  /** Returns whether some pod has the port. */
  boolean has(PortMatch.Named named) {
    return names.contains(named);
  }

  /** Returns the first port of this name, of whatever protocol. */
  Optional<NamedPort> named(String name) {
    return Optional.ofNullable(firstByName.get(name));
  }

  /** Returns whether every pod declares the number for UDP, and not for TCP. */
  boolean isUdpOnly(int number) {
    return udpOnly.getOrDefault(number, 0) == count;
  }
}
