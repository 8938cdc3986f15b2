package io.netpol.cli;

import io.netpol.cli.Netpol.BadInputException;
import io.netpol.index.Cluster;
import io.netpol.model.Node;
import io.netpol.model.Pod;
import io.netpol.net.IpAddress;
import io.netpol.net.Quote;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Option;

/**
 * Takes local addresses of nodes that no Node object names, for commands that evaluate connections.
 */
final class NodeAddressOption {

  @Option(
      names = "--node-address",
      paramLabel = "NODE=ADDRESS",
      description =
          "A local address of a node that its Node object does not name, such as that of a bridge"
              + " or a node-local DNS cache: the node's own pods always reach it. Repeatable.")
  private List<String> given = List.of();

  /** For picocli. */
  NodeAddressOption() {}

  boolean isGiven() {
    return !given.isEmpty();
  }

  /** Adds the addresses to a cluster's nodes. */
  Cluster addTo(Cluster cluster) {
    addTo(List.of(cluster));
    return cluster;
  }

  /** Adds the addresses to the nodes of states of a cluster; one of them must know each node. */
  void addTo(List<Cluster> states) {
    for (String each : given) {
      int equals = each.indexOf('=');
      if (equals <= 0) {
        throw wrong(each, "NODE=ADDRESS is needed");
      }
      String name = each.substring(0, equals);
      IpAddress address;
      try {
        address = IpAddress.parse(each.substring(equals + 1));
      } catch (IllegalArgumentException e) {
        throw wrong(each, e.getMessage());
      }
      if (states.stream().noneMatch(cluster -> isThere(cluster, name))) {
        throw wrong(each, "there is no node " + Quote.quote(name));
      }
      for (Cluster cluster : states) {
        Optional<Pod> holder =
            cluster.pods().stream()
                .filter(pod -> pod.hasOwnNetwork() && pod.addresses().contains(address))
                .findFirst();
        if (holder.isPresent()) {
          throw wrong(each, "it is the address of the pod " + holder.get().key());
        }
        Node node = cluster.node(name).orElse(Node.named(name));
        cluster.put(node.withAddresses(Set.of(address), Node.Knowledge.NAMED));
      }
    }
  }

  private static boolean isThere(Cluster cluster, String name) {
    return cluster.node(name).isPresent()
        || cluster.pods().stream().anyMatch(pod -> pod.node().equals(name));
  }

  private static BadInputException wrong(String given, String why) {
    return new BadInputException("--node-address " + Quote.quote(given) + ": " + why);
  }
}
