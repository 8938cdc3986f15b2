package io.netpol.route;

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
 * fdb} print of a node, and finds the port of a bridge that each pod hangs on: a neighbour has the
 * pod's address, and its hardware address was seen at a port.
 */
final class BridgeTables {

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /** Every network namespace has one, so a list without it is not the whole list. */
  private static final String LOOPBACK = "lo";

  private static final String VETH = "veth";

  /** Devices of virtual machines; behind one may be a pod. */
  private static final String TUN = "tun";

  /** A listing that is not what the tool prints, or a part of it. */
  static final class UnreadableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UnreadableException(String message) {
      super(message);
    }
  }

  /**
   * Where a pod was found.
   *
   * @param index tells a device from another that gets its name later
   */
  record Place(String port, int index, List<IpAddress> addresses) {}

  /** What matters of a device. */
  private record Device(
      String name,
      int index,
      String master,
      String kind,
      String below,
      boolean leadsElsewhere,
      List<Cidr> networks) {}

  /** Where a neighbour can be reached, and by which hardware address. */
  private record Neighbour(String device, String hardware) {}

  private final Map<String, Device> devices = new TreeMap<>();
  private final Set<String> bridges = new TreeSet<>();
  private final Map<String, Device> ports = new TreeMap<>();
  private final Map<IpAddress, List<Neighbour>> neighbours = new HashMap<>();
  private final Map<String, Set<String>> portsOfHardware = new HashMap<>();

  /**
   * Takes in the devices with their addresses.
   *
   * @throws UnreadableException if the text is not a whole list
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

  /** Parses a list; nothing at all is no list. */
  private static JsonNode list(String what, String text) {
    try {
      JsonNode read = text == null ? null : JSON.readTree(text);
      if (read == null || !read.isArray()) {
        throw new UnreadableException(what + " printed no list");
      }
      return read;
    } catch (JsonProcessingException e) {
      throw new UnreadableException(what + " printed no whole list: " + e.getOriginalMessage());
    }
  }

  /** Whether any bridge has ports. */
  boolean hasPorts() {
    return !ports.isEmpty();
  }

  /** Takes in the neighbours. */
  void neighbours(String text) {
    for (JsonNode each : list("ip neighbour", text)) {
      if (each.has("dst") && each.has("lladdr")) {
        neighbours
            .computeIfAbsent(IpAddress.parse(each.get("dst").asText()), a -> new ArrayList<>())
            .add(new Neighbour(each.path("dev").asText(), each.get("lladdr").asText()));
      }
    }
  }

  /** Takes in which hardware address was seen at which port. */
  void forwarding(String text) {
    boolean any = false;
    for (JsonNode each : list("bridge fdb", text)) {
      String port = each.path("ifname").asText();
      any |= ports.containsKey(port);
      // The permanent ones are the node's own ends.
      if (ports.containsKey(port)
          && each.has("master")
          && !each.path("state").asText().equals("permanent")) {
        portsOfHardware
            .computeIfAbsent(each.path("mac").asText(), mac -> new HashSet<>())
            .add(port);
      }
    }
    if (!any) {
      throw new UnreadableException("bridge fdb printed nothing of the ports of this node");
    }
  }

  /**
   * Where the pods are. What was found before stays while the device, the pod and its addresses do:
   * a pod that claims the address of another takes nothing from it.
   */
  Map<ObjectKey, Place> places(List<Pod> pods, Map<ObjectKey, Place> before) {
    Map<ObjectKey, Place> places = new TreeMap<>();
    for (Pod pod : pods) {
      Place was = before.get(pod.key());
      if (was != null && stands(was, pod)) {
        places.put(pod.key(), was);
      } else {
        find(pod).ifPresent(place -> places.put(pod.key(), place));
      }
    }
    return places;
  }

  private boolean stands(Place place, Pod pod) {
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
      return Optional.empty(); // nobody, or two who say that they are the pod
    }
    Device port = ports.get(at.iterator().next());
    return mayBePods(port) && BridgePorts.canName(port.name())
        ? Optional.of(new Place(port.name(), port.index(), pod.addresses()))
        : Optional.empty();
  }

  private static boolean mayBePods(Device port) {
    return port.kind().equals(VETH) ? port.leadsElsewhere() : port.kind().equals(TUN);
  }

  /**
   * Whose the ports are.
   *
   * @param podRanges the addresses that pods of this node get
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
            .filter(port -> port.master().equals(bridge) && !mayBePods(port))
            .forEach(port -> others.add(port.name()));
      }
    }
    return new BridgePorts(true, hasPorts(), portOfPod, others, otherBridges);
  }

  /**
   * Whether its networks are none of pods. A bridge without an address, such as one for virtual
   * machines, is others' where the node reaches a pod by another device: pods hang on one kind.
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

  /** Those of a bridge, and of devices on top of it, such as a VLAN. */
  private List<Cidr> networks(String bridge) {
    return devices.values().stream()
        .filter(device -> device.name().equals(bridge) || device.below().equals(bridge))
        .flatMap(device -> device.networks().stream())
        .toList();
  }

  /**
   * What {@code ip -batch} is to do so that the kernel asks for pods that were not found: they are
   * silent, or the node never spoke with them.
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

  /** The kernel asks a neighbour that it believes to know only when told to probe it. */
  private String question(IpAddress address, String device) {
    String to = "neighbour replace " + address + " dev " + device;
    return neighbours.getOrDefault(address, List.of()).stream()
        .filter(neighbour -> neighbour.device().equals(device))
        .findFirst()
        .map(neighbour -> to + " lladdr " + neighbour.hardware() + " nud probe")
        .orElse(to + " use");
  }

  /** Whether a pod that was not found is in the network of a bridge. */
  boolean isNear(Pod pod) {
    return pod.addresses().stream().anyMatch(address -> nextTo(address).isPresent());
  }

  /** The bridge, or device on top of one, in whose network an address is. */
  private Optional<String> nextTo(IpAddress address) {
    return devices.values().stream()
        .filter(device -> bridges.contains(device.name()) || bridges.contains(device.below()))
        .filter(device -> BridgePorts.canName(device.name()))
        .filter(device -> device.networks().stream().anyMatch(net -> net.contains(address)))
        .map(Device::name)
        .findFirst();
  }
}
