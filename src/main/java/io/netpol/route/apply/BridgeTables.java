package io.netpol.route.apply;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netpol.dataplane.render.BridgePorts;
import io.netpol.model.ObjectKey;
import io.netpol.model.Pod;
import io.netpol.net.Cidr;
import io.netpol.net.IpAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Reads what {@code ip -json -details address}, {@code ip -json neighbour} and {@code bridge -json
 * fdb} print of a node, and finds the bridge port of each pod: a neighbour has the pod's address,
 * and the bridge saw the neighbour's hardware address at a port. See <a
 * href="https://man7.org/linux/man-pages/man8/bridge.8.html">bridge(8)</a>. Not thread-safe.
 */
final class BridgeTables {

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /** Every network namespace has this device, so a list without it is incomplete. */
  private static final String LOOPBACK = "lo";

  private static final String VETH = "veth";

  /** The kind of devices of virtual machines, which may be pods. */
  private static final String TUN = "tun";

  /** A listing that is malformed or incomplete. */
  static final class UnreadableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnreadableException(String message) {
      super(message);
    }
  }

  /**
   * The bridge port of a pod.
   *
   * @param port the name of the device
   * @param index {@code ifindex}, which differs when another device gets the name later
   * @param addresses the pod's addresses when the port was found
   */
  record Place(String port, int index, List<IpAddress> addresses) {}

  /**
   * A network device.
   *
   * @param master the bridge; empty without one
   * @param kind {@code info_kind}, such as {@code veth}; empty without one
   * @param below the device that this one is stacked on, such as a VLAN's; empty without one
   * @param leadsElsewhere whether its peer is in another network namespace ({@code link_netnsid})
   */
  private record Device(
      String name,
      int index,
      String master,
      String kind,
      String below,
      boolean leadsElsewhere,
      List<Cidr> networks) {}

  /** The device and the hardware address by which the node reaches a neighbour. */
  private record Neighbour(String device, String hardware) {}

  private final Map<String, Device> devices = new TreeMap<>();
  private final Set<String> bridges = new TreeSet<>();
  private final Map<String, Device> ports = new TreeMap<>();
  private final Map<IpAddress, List<Neighbour>> neighbours = new HashMap<>();
  private final Map<String, Set<String>> portsOfHardware = new HashMap<>();

  /**
   * Reads the devices with their addresses.
   *
   * @param devicesText what {@code ip -json -details address} printed
   * @throws UnreadableException if the text is not a complete list
   */
  BridgeTables(String devicesText) {
    for (JsonNode each : list("ip address", devicesText)) {
      if (each.has("ifname")) {
        Device device = device(each);
        devices.put(device.name(), device);
        if (device.kind().equals("bridge")) {
          bridges.add(device.name());
        }
      }
    }
    if (!devices.containsKey(LOOPBACK)) {
      throw new UnreadableException("ip address printed a list without " + LOOPBACK);
    }
    devices.values().stream()
        .filter(device -> bridges.contains(device.master()))
        .forEach(device -> ports.put(device.name(), device));
  }

  private static Device device(JsonNode each) {
    List<Cidr> networks = new ArrayList<>();
    for (JsonNode address : each.path("addr_info")) {
      if (!address.path("scope").asText().equals("link") && address.has("local")) {
        networks.add(
            new Cidr(
                IpAddress.parse(address.get("local").asText()), address.path("prefixlen").asInt()));
      }
    }
    return new Device(
        each.get("ifname").asText(),
        each.path("ifindex").asInt(),
        each.path("master").asText(),
        each.path("linkinfo").path("info_kind").asText(),
        each.path("link").asText(),
        each.has("link_netnsid"),
        networks);
  }

  /** Parses a list; empty text is not a list. */
  private static JsonNode list(String what, String text) {
    try {
      JsonNode read = text == null ? null : JSON.readTree(text);
      if (read == null || !read.isArray()) {
        throw new UnreadableException(what + " printed no list");
      }
      return read;
    } catch (JsonProcessingException e) {
      throw new UnreadableException(
          what + " printed an incomplete list: " + e.getOriginalMessage());
    }
  }

  /** Returns whether any bridge has ports. */
  boolean hasPorts() {
    return !ports.isEmpty();
  }

  /** Adds what {@code ip -json neighbour} printed. */
  void neighbours(String text) {
    for (JsonNode each : list("ip neighbour", text)) {
      if (each.has("dst") && each.has("lladdr")) {
        neighbours
            .computeIfAbsent(IpAddress.parse(each.get("dst").asText()), a -> new ArrayList<>())
            .add(new Neighbour(each.path("dev").asText(), each.get("lladdr").asText()));
      }
    }
  }

  /** Adds what {@code bridge -json fdb} printed: hardware addresses by port. */
  void forwarding(String text) {
    boolean any = false;
    for (JsonNode each : list("bridge fdb", text)) {
      String port = each.path("ifname").asText();
      any |= ports.containsKey(port);
      // Permanent entries are the hardware addresses of the ports themselves.
      if (ports.containsKey(port)
          && each.has("master")
          && !each.path("state").asText().equals("permanent")) {
        portsOfHardware
            .computeIfAbsent(each.path("mac").asText(), mac -> new HashSet<>())
            .add(port);
      }
    }
    if (!any) {
      throw new UnreadableException("bridge fdb printed no port of this node");
    }
  }

  /**
   * Returns the bridge ports of the pods. A port that was found before stays assigned while the
   * device, the pod and its addresses exist, so a pod cannot take over another's by claiming its
   * address.
   */
  Map<ObjectKey, Place> places(List<Pod> pods, Map<ObjectKey, Place> before) {
    Map<ObjectKey, Place> places = new TreeMap<>();
    for (Pod pod : pods) {
      Place was = before.get(pod.key());
      if (was != null && isCurrent(was, pod)) {
        places.put(pod.key(), was);
      } else {
        find(pod).ifPresent(place -> places.put(pod.key(), place));
      }
    }
    return places;
  }

  private boolean isCurrent(Place place, Pod pod) {
    Device port = ports.get(place.port());
    return port != null
        && port.index() == place.index()
        && pod.addresses().equals(place.addresses());
  }

  private Optional<Place> find(Pod pod) {
    Set<String> own = new HashSet<>();
    for (IpAddress address : pod.addresses()) {
      neighbours.getOrDefault(address, List.of()).forEach(each -> own.add(each.hardware()));
    }
    Set<String> at = new HashSet<>();
    own.forEach(mac -> at.addAll(portsOfHardware.getOrDefault(mac, Set.of())));
    if (own.size() != 1 || at.size() != 1) {
      return Optional.empty(); // no neighbour, or two that claim the pod's address
    }
    Device port = ports.get(at.iterator().next());
    return mayBelongToPod(port) && BridgePorts.canName(port.name())
        ? Optional.of(new Place(port.name(), port.index(), pod.addresses()))
        : Optional.empty();
  }

  private static boolean mayBelongToPod(Device port) {
    return port.kind().equals(VETH) ? port.leadsElsewhere() : port.kind().equals(TUN);
  }

  /**
   * Returns the port of each pod, and the ports and bridges that belong to no pod.
   *
   * @param podRanges {@code spec.podCIDRs} of this node; empty if it has none
   */
  BridgePorts ports(Map<ObjectKey, Place> places, List<Pod> pods, List<Cidr> podRanges) {
    Map<ObjectKey, String> portOfPod = new TreeMap<>();
    places.forEach((pod, place) -> portOfPod.put(pod, place.port()));
    Set<String> withPods = new HashSet<>();
    portOfPod.values().forEach(port -> withPods.add(ports.get(port).master()));
    Set<String> otherBridges = new TreeSet<>();
    Set<String> others = new TreeSet<>();
    for (String bridge : bridges) {
      boolean other = !withPods.contains(bridge) && isOther(bridge, pods, podRanges);
      if (other) {
        otherBridges.add(bridge);
      } else {
        ports.values().stream()
            .filter(port -> port.master().equals(bridge) && !mayBelongToPod(port))
            .forEach(port -> others.add(port.name()));
      }
    }
    return new BridgePorts(true, hasPorts(), portOfPod, others, otherBridges);
  }

  /**
   * Returns whether a bridge has no network with pods. A bridge without an address, such as one for
   * virtual machines, has none if the node reaches a pod by another device: a node attaches all its
   * pods in one way.
   */
  private boolean isOther(String bridge, List<Pod> pods, List<Cidr> podRanges) {
    List<Cidr> networks = networks(bridge);
    if (networks.isEmpty()) {
      return pods.stream().anyMatch(pod -> isElsewhere(pod, bridge));
    }
    List<Cidr> ofPods = new ArrayList<>(podRanges);
    pods.forEach(pod -> pod.addresses().forEach(address -> ofPods.add(Cidr.of(address))));
    return !ofPods.isEmpty()
        && networks.stream().noneMatch(network -> ofPods.stream().anyMatch(network::overlaps));
  }

  private boolean isElsewhere(Pod pod, String bridge) {
    return pod.addresses().stream()
        .anyMatch(
            address ->
                nextTo(address).isPresent()
                    || neighbours.getOrDefault(address, List.of()).stream()
                        .anyMatch(
                            neighbour ->
                                !neighbour.device().equals(bridge)
                                    && devices.containsKey(neighbour.device())));
  }

  /** Returns the networks of a bridge and of the devices stacked on it, such as a VLAN. */
  private List<Cidr> networks(String bridge) {
    return devices.values().stream()
        .filter(device -> device.name().equals(bridge) || device.below().equals(bridge))
        .flatMap(device -> device.networks().stream())
        .toList();
  }

  /**
   * Returns the input of {@code ip -batch} that makes the kernel probe the pods without a known
   * port: they were silent so far, or the node never sent them anything. See <a
   * href="https://man7.org/linux/man-pages/man8/ip-neighbour.8.html">ip-neighbour(8)</a>.
   */
  String questions(List<Pod> pods, Map<ObjectKey, Place> places) {
    StringBuilder lines = new StringBuilder();
    for (Pod pod : pods) {
      if (places.containsKey(pod.key())) {
        continue;
      }
      for (IpAddress address : pod.addresses()) {
        nextTo(address)
            .ifPresent(
                device -> lines.append(question(address, device)).append(System.lineSeparator()));
      }
    }
    return lines.toString();
  }

  /** Probes a neighbour that the kernel knows; merely uses one that it does not know. */
  private String question(IpAddress address, String device) {
    String to = "neighbour replace " + address + " dev " + device;
    return neighbours.getOrDefault(address, List.of()).stream()
        .filter(neighbour -> neighbour.device().equals(device))
        .findFirst()
        .map(neighbour -> to + " lladdr " + neighbour.hardware() + " nud probe")
        .orElse(to + " use");
  }

  /** Returns whether a pod has an address in the network of a bridge. */
  boolean isNear(Pod pod) {
    return pod.addresses().stream().anyMatch(address -> nextTo(address).isPresent());
  }

  /** Returns the bridge, or the device stacked on one, whose network has the address. */
  private Optional<String> nextTo(IpAddress address) {
    return devices.values().stream()
        .filter(device -> bridges.contains(device.name()) || bridges.contains(device.below()))
        .filter(device -> BridgePorts.canName(device.name()))
        .filter(device -> device.networks().stream().anyMatch(net -> net.contains(address)))
        .map(Device::name)
        .findFirst();
  }
}
