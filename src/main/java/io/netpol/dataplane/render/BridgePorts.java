package io.netpol.dataplane.render;

import io.netpol.model.ObjectKey;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Maps the ports of the node's bridges to pods, as far as known. A port that it does not name may
 * belong to any pod.
 *
 * @param filtered whether the kernel may pass packets between bridge ports to the rules
 *     (br_netfilter)
 * @param shared whether there may be a bridge with ports
 * @param pods the device that connects a pod to the bridge, such as {@code veth1a2b}, by pod
 * @param others ports of bridges with pods that lead to no pod of this node, such as an uplink
 * @param otherBridges bridges without pods
 */
public record BridgePorts(
    boolean filtered,
    boolean shared,
    Map<ObjectKey, String> pods,
    Set<String> others,
    Set<String> otherBridges) {

  /** Nothing is known: there may be bridges, and each port may belong to any pod. */
  public static final BridgePorts UNKNOWN =
      new BridgePorts(true, true, Map.of(), Set.of(), Set.of());

  /** No packet between ports of a bridge reaches the rules. */
  public static final BridgePorts UNFILTERED =
      new BridgePorts(false, false, Map.of(), Set.of(), Set.of());

  /**
   * Names that need no quotes in a rule and have no {@code +} at the end, which is a wildcard;
   * IFNAMSIZ (linux/if.h) without the terminating zero.
   */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.@-]{1,15}");

  public BridgePorts {
    pods = Map.copyOf(pods);
    others = Set.copyOf(others);
    otherBridges = Set.copyOf(otherBridges);
  }

  /** Returns whether a rule can name the device. */
  public static boolean canName(String device) {
    return NAME.matcher(device).matches() && !device.startsWith("-");
  }

  /** Returns the pods by port, in order. */
  public SortedMap<String, Set<ObjectKey>> podsByPort() {
    SortedMap<String, Set<ObjectKey>> byPort = new TreeMap<>();
    pods.forEach((pod, port) -> byPort.computeIfAbsent(port, p -> new TreeSet<>()).add(pod));
    return byPort;
  }
}
