package io.netpol.lab;

import io.netpol.lab.LabPlan.Node;
import io.netpol.lab.LabPlan.Outside;
import io.netpol.lab.LabPlan.Pod;
import io.netpol.lab.LabPlan.Wiring;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Says what {@code ip -batch} and sysctl are told inside each namespace of a lab.
 *
 * @param namespaces from a member's name to its namespace's
 */
record LabCommands(LabPlan plan, UnaryOperator<String> namespaces) {
  /** A pod's next hop where each pod has a link of its own; Calico's choice. */
  private static final String GATEWAY4 = "169.254.1.1";

  private static final String GATEWAY6 = "fe80::1";
  private static final String BRIDGE = "cni0";

  /** Left to itself a bridge takes the least address of its ports, and changes with them. */
  private static final String BRIDGE_ADDRESS = "0a:58:00:00:00:01";

  /** Returns the kernel settings of every namespace, path under {@code /proc/sys/net} to value. */
  static Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    for (String scope : List.of("all", "default")) {
      settings.put("ipv6/conf/" + scope + "/disable_ipv6", "0");
      // An address is usable at once, without asking whether another host has it.
      settings.put("ipv6/conf/" + scope + "/accept_dad", "0");
      settings.put("ipv6/conf/" + scope + "/accept_ra", "0");
      settings.put("ipv6/conf/" + scope + "/router_solicitations", "0");
      // The IPv4 value is inherited from the machine, and a strict one drops what a lab does.
      settings.put("ipv4/conf/" + scope + "/rp_filter", "0");
    }
    // Hundreds of probes may be rejected at once, and each must be told. The masks say what is
    // limited, by each host and by the kernel as a whole: nothing, and an unused type.
    settings.put("ipv4/icmp_ratemask", "0");
    settings.put("ipv6/icmp/ratemask", "255");
    return settings;
  }

  Map<String, String> nodeSettings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("ipv4/ip_forward", "1");
    settings.put("ipv6/conf/all/forwarding", "1");
    settings.put("ipv6/conf/default/forwarding", "1");
    if (plan.wiring() == Wiring.BRIDGED) {
      settings.put("bridge/bridge-nf-call-iptables", "1");
      settings.put("bridge/bridge-nf-call-ip6tables", "1");
    }
    return settings;
  }

  /** Returns the switch: a bridge, and a cable to each node and outside host. */
  List<String> forSwitch() {
    List<String> lines = new ArrayList<>(List.of("link set lo up"));
    lines.add("link add br0 type bridge stp_state 0 forward_delay 0 mcast_snooping 0");
    lines.add("link set br0 up");
    int port = 0;
    for (String member : onSwitch().keySet()) {
      port++;
      lines.add(
          String.format(
              Locale.ROOT,
              "link add port%d type veth peer name eth0 netns %s",
              port,
              namespaces.apply(member)));
      lines.add(String.format(Locale.ROOT, "link set port%d master br0 up", port));
    }
    return lines;
  }

  List<String> forNode(Node node) {
    List<String> lines = uplink(node.name(), node.addresses());
    if (plan.wiring() == Wiring.BRIDGED) {
      lines.add(
          String.format(
              Locale.ROOT,
              "link add %s address %s type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
              BRIDGE,
              BRIDGE_ADDRESS));
      lines.add(String.format(Locale.ROOT, "link set %s up", BRIDGE));
      for (String range : node.podRanges()) {
        lines.add(address("add", IpLiteral.nth(range, 1), IpLiteral.prefixLength(range), BRIDGE));
      }
    }
    return lines;
  }

  List<String> forOutside(Outside outside) {
    return uplink(outside.name(), outside.addresses());
  }

  /** Returns the node's end of a pod's link. */
  List<String> attach(Pod pod, String link) {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "link add %s type veth peer name eth0 netns %s",
            link,
            namespaces.apply(pod.name())));
    if (plan.wiring() == Wiring.BRIDGED) {
      lines.add(String.format(Locale.ROOT, "link set %s master %s up", link, BRIDGE));
      return lines;
    }
    lines.add(String.format(Locale.ROOT, "link set %s up", link));
    lines.add(String.format(Locale.ROOT, "address add %s/32 dev %s scope link", GATEWAY4, link));
    lines.add(String.format(Locale.ROOT, "address add %s/64 dev %s nodad", GATEWAY6, link));
    lines.addAll(hostRoutes("add", pod, link));
    return lines;
  }

  List<String> forPod(Pod pod) {
    List<String> lines = new ArrayList<>(List.of("link set lo up", "link set eth0 up"));
    lines.addAll(address("add", pod));
    lines.addAll(defaultRoutes(pod));
    return lines;
  }

  /** In the pod, when its addresses change. */
  List<String> readdress(Pod before, Pod after) {
    List<String> lines = new ArrayList<>(address("delete", before));
    lines.addAll(address("add", after));
    // With its last address a family loses its routes too.
    lines.addAll(defaultRoutes(after));
    return lines;
  }

  /** On the pod's node, when its addresses change. */
  List<String> reroute(Pod before, Pod after, String link) {
    List<String> lines = new ArrayList<>();
    if (plan.wiring() == Wiring.ROUTED) {
      lines.addAll(hostRoutes("delete", before, link));
      lines.addAll(hostRoutes("add", after, link));
    }
    return lines;
  }

  /**
   * In whoever shares a bridge with a pod: forget which hardware address its addresses had, for a
   * plug-in would have announced the new one.
   */
  Map<String, List<String>> forgetNeighbour(Pod pod) {
    Map<String, List<String>> lines = new LinkedHashMap<>();
    if (plan.wiring() == Wiring.BRIDGED) {
      lines.put(pod.node(), flush(pod, BRIDGE));
      plan.pods().stream()
          .filter(other -> other.node().equals(pod.node()) && !other.name().equals(pod.name()))
          .forEach(other -> lines.put(other.name(), flush(pod, "eth0")));
    }
    return lines;
  }

  private static List<String> flush(Pod pod, String device) {
    return pod.addresses().stream()
        .map(address -> String.format(Locale.ROOT, "neighbour flush to %s dev %s", address, device))
        .toList();
  }

  private List<String> address(String verb, Pod pod) {
    return pod.addresses().stream()
        .map(
            address ->
                address(
                    verb,
                    address,
                    plan.wiring() == Wiring.BRIDGED
                        ? IpLiteral.prefixLength(range(pod, address))
                        : IpLiteral.bits(address),
                    "eth0"))
        .toList();
  }

  private List<String> defaultRoutes(Pod pod) {
    return pod.addresses().stream()
        .map(
            address ->
                String.format(
                    Locale.ROOT,
                    "route replace %s via %s dev eth0 onlink",
                    IpLiteral.isIpv6(address) ? "::/0" : "0.0.0.0/0",
                    gateway(pod, address)))
        .toList();
  }

  private String gateway(Pod pod, String address) {
    if (plan.wiring() == Wiring.BRIDGED) {
      return IpLiteral.nth(range(pod, address), 1);
    }
    return IpLiteral.isIpv6(address) ? GATEWAY6 : GATEWAY4;
  }

  private String range(Pod pod, String address) {
    return plan.nodeOf(pod).podRange(IpLiteral.isIpv6(address)).orElseThrow();
  }

  private List<String> hostRoutes(String verb, Pod pod, String link) {
    return pod.addresses().stream()
        .map(
            address ->
                String.format(
                    Locale.ROOT,
                    "route %s %s/%d dev %s%s",
                    verb,
                    address,
                    IpLiteral.bits(address),
                    link,
                    source(pod, address)))
        .toList();
  }

  /** Returns the node speaks to its pods with its own address, as a kubelet does. */
  private String source(Pod pod, String podAddress) {
    return plan.nodeOf(pod).addresses().stream()
        .filter(address -> IpLiteral.isIpv6(address) == IpLiteral.isIpv6(podAddress))
        .map(address -> " src " + address)
        .findFirst()
        .orElse("");
  }

  /**
   * Returns the link to the switch, and the way to everybody else on it and to the pods behind
   * them.
   */
  private List<String> uplink(String member, List<String> addresses) {
    List<String> lines = new ArrayList<>(List.of("link set lo up", "link set eth0 up"));
    addresses.forEach(
        address -> lines.add(address("add", address, IpLiteral.bits(address), "eth0")));
    onSwitch()
        .forEach(
            (other, otherAddresses) -> {
              if (!other.equals(member)) {
                otherAddresses.stream()
                    .filter(address -> shareFamily(address, addresses))
                    .forEach(
                        address ->
                            lines.add(
                                String.format(
                                    Locale.ROOT,
                                    "route add %s/%d dev eth0",
                                    address,
                                    IpLiteral.bits(address))));
              }
            });
    for (Node node : plan.nodes()) {
      if (!node.name().equals(member)) {
        node.addresses().stream()
            .filter(address -> shareFamily(address, addresses))
            .forEach(
                address ->
                    node.podRange(IpLiteral.isIpv6(address))
                        .ifPresent(
                            range ->
                                lines.add(
                                    String.format(
                                        Locale.ROOT,
                                        "route add %s via %s dev eth0",
                                        range,
                                        address))));
      }
    }
    return lines;
  }

  private Map<String, List<String>> onSwitch() {
    Map<String, List<String>> members = new LinkedHashMap<>();
    plan.nodes().forEach(node -> members.put(node.name(), node.addresses()));
    plan.outsides().forEach(outside -> members.put(outside.name(), outside.addresses()));
    return members;
  }

  private static boolean shareFamily(String address, List<String> others) {
    return others.stream().anyMatch(o -> IpLiteral.isIpv6(o) == IpLiteral.isIpv6(address));
  }

  private static String address(String verb, String address, int prefixLength, String device) {
    // An address that is being deleted takes no flags.
    String flags = IpLiteral.isIpv6(address) && verb.equals("add") ? " nodad" : "";
    return String.format(
        Locale.ROOT, "address %s %s/%d dev %s%s", verb, address, prefixLength, device, flags);
  }
}
