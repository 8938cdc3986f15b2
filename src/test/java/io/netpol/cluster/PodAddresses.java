package io.netpol.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.cluster.RealCluster.Ended;
import java.util.ArrayList;
import java.util.List;

/** The addresses that a node gives to pods: each pod gets the one above the last. */
final class PodAddresses {

  private static final int FIRST = 2;
  private static final int LAST = 254;
  private static final int HEX = 16;

  private final String node;
  private final String number;

  /**
   * Knows the ranges of a node.
   *
   * @param node such as n1
   */
  PodAddresses(String node) {
    this.node = node;
    this.number = node.substring(1);
  }

  /** What to connect to at the addresses that the next pods get. */
  List<Target> ofNextPods(int count) {
    List<Target> targets = range(last(0, "\\.", 10) + 1, count, 10);
    targets.addAll(range(last(1, ":", HEX) + 1, count, HEX));
    return targets;
  }

  /** Gives addresses that no pod has to the next pod. */
  void giveNext(List<String> addresses) {
    String ipv4 = addresses.get(0);
    String ipv6 = addresses.get(1);
    write(0, address(Integer.parseInt(ipv4.substring(ipv4.lastIndexOf('.') + 1)) - 1, 10));
    write(1, address(Integer.parseInt(ipv6.substring(ipv6.lastIndexOf(':') + 1), HEX) - 1, HEX));
  }

  private List<Target> range(int from, int count, int base) {
    List<Target> targets = new ArrayList<>();
    for (int i = from; i < from + count; i++) {
      String address = address((i - FIRST) % (LAST - FIRST + 1) + FIRST, base);
      targets.add(Target.tcp(address, address, TestPod.TCP));
    }
    return targets;
  }

  private String address(int index, int base) {
    return base == HEX
        ? "fd00:244:0:" + number + "::" + Integer.toHexString(index)
        : "10.244." + number + "." + index;
  }

  private int last(int range, String separator, int base) {
    Ended file = RealCluster.onNode(node, "cat", file(range));
    assertThat(file.ok()).as("%s", file).isTrue();
    String[] parts = file.stdout().strip().split(separator);
    return Integer.parseInt(parts[parts.length - 1], base);
  }

  private void write(int range, String address) {
    String command = "printf %s " + address + " > " + file(range);
    assertThat(RealCluster.onNode(node, "sh", "-c", command).ok()).isTrue();
  }

  /** Where the plugin host-local keeps it. */
  private static String file(int range) {
    return "/run/cni/pods/last_reserved_ip." + range;
  }
}
