package io.netpol.kubernetes.parse;

import static io.netpol.kubernetes.parse.ObjectConverter.orEmpty;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.netpol.model.Pod;
import io.netpol.model.Pod.NamedPort;
import io.netpol.model.PortMatch;
import io.netpol.net.IpAddress;
import io.netpol.net.Protocol;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Parses one Pod ({@code v1 Pod}). */
record PodParser(ProblemReporter report) {

  private static final Interner<List<NamedPort>> PORTS = new Interner<>();

  Pod read(io.fabric8.kubernetes.api.model.Pod pod) {
    PodSpec spec = pod.getSpec();
    PodStatus status = pod.getStatus();
    String phase = status == null ? null : status.getPhase();
    return new Pod(
        report.object(),
        spec == null || spec.getNodeName() == null
            ? ""
            : ObjectConverter.WORDS.of(spec.getNodeName()),
        spec != null && Boolean.TRUE.equals(spec.getHostNetwork()),
        "Succeeded".equals(phase) || "Failed".equals(phase),
        ObjectConverter.labels(pod.getMetadata()),
        addresses(status),
        PORTS.of(List.copyOf(ports(spec))));
  }

  private List<IpAddress> addresses(PodStatus status) {
    List<IpAddress> addresses = new ArrayList<>();
    if (status == null) {
      return addresses;
    }
    List<PodIP> given = orEmpty(status.getPodIPs());
    if (given.isEmpty()) {
      if (status.getPodIP() != null && !status.getPodIP().isEmpty()) {
        ObjectConverter.address("status.podIP", status.getPodIP(), addresses, report);
      }
      return addresses;
    }
    for (int i = 0; i < given.size(); i++) {
      String text = given.get(i) == null ? null : given.get(i).getIp();
      ObjectConverter.address("status.podIPs[" + i + "].ip", text, addresses, report);
    }
    return addresses;
  }

  private List<NamedPort> ports(PodSpec spec) {
    List<NamedPort> ports = new ArrayList<>();
    if (spec == null) {
      return ports;
    }
    List<Container> containers = orEmpty(spec.getContainers());
    for (int i = 0; i < containers.size(); i++) {
      ports("spec.containers", i, containers.get(i), ports);
    }
    List<Container> initContainers = orEmpty(spec.getInitContainers());
    for (int i = 0; i < initContainers.size(); i++) {
      Container container = initContainers.get(i);
      if (container != null && "Always".equals(container.getRestartPolicy())) {
        ports("spec.initContainers", i, container, ports);
      }
    }
    return ports;
  }

  private void ports(String list, int index, Container container, List<NamedPort> ports) {
    List<ContainerPort> given = container == null ? List.of() : orEmpty(container.getPorts());
    for (int i = 0; i < given.size(); i++) {
      ContainerPort port = given.get(i);
      if (port == null) {
        continue;
      }
      boolean named = port.getName() != null && !port.getName().isEmpty();
      Optional<NamedPort> read =
          named ? named(list + "[" + index + "].ports[" + i + "]", port) : unnamed(port);
      if (read.isPresent()) {
        ports.add(read.get());
      }
    }
  }

  /** Returns a port without a name. No rule can refer to it, so an invalid one is not reported. */
  private static Optional<NamedPort> unnamed(ContainerPort port) {
    Integer number = port.getContainerPort();
    if (number == null || number < 1 || number > PortMatch.Range.MAX_PORT) {
      return Optional.empty();
    }
    String given = port.getProtocol() == null ? "TCP" : port.getProtocol();
    return Protocol.of(given).map(protocol -> new NamedPort("", protocol, number));
  }

  private Optional<NamedPort> named(String field, ContainerPort port) {
    Optional<Protocol> protocol = PortParser.protocol(field, port.getProtocol(), report);
    Integer number = port.getContainerPort();
    if (!PortParser.isName(port.getName())) {
      report.error(field + ".name", PortParser.notAName(port.getName()), "left out");
      return Optional.empty();
    }
    if (number == null || number < 1 || number > PortMatch.Range.MAX_PORT) {
      report.error(field + ".containerPort", "not a port number: " + number, "left out");
      return Optional.empty();
    }
    return protocol.map(p -> new NamedPort(port.getName(), p, number));
  }
}
