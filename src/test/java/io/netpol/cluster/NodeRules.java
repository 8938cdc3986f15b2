package io.netpol.cluster;

import static io.netpol.cluster.RealCluster.kubectl;
import static org.assertj.core.api.Assertions.assertThat;

import io.netpol.cluster.RealCluster.Ended;
import java.util.List;

/** Looks for what agents have written on the nodes, in both back-ends. */
final class NodeRules {

  private static final String LISTING =
      "for each in iptables-nft ip6tables-nft iptables-legacy ip6tables-legacy; do $each-save; done;"
          + " ipset save; nft list ruleset";

  private NodeRules() {}

  /** The names of all nodes. */
  static List<String> nodes() {
    return List.of(kubectl("get", "nodes", "-o", "jsonpath={.items[*].metadata.name}").split(" "));
  }

  /** The lines of a node's kernel that name a chain or set of an agent. */
  static List<String> of(String node) {
    Ended listing = RealCluster.onNode(node, "sh", "-c", LISTING);
    assertThat(listing.ok()).as("%s", listing).isTrue();
    return listing.stdout().lines().filter(line -> line.contains("NWPLCY")).toList();
  }
}
