package io.netpol.index;

import io.netpol.model.Node;
import io.netpol.net.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** Finds nodes by name, with the local addresses that are known of each. */
public interface NodeLookup {

  /** Returns the node with this name; empty if it is not known. */
  Optional<Node> node(String name);

  /** Returns all nodes that are known. */
  List<Node> nodes();

  /** Returns the nodes as a cluster has them. */
  static NodeLookup of(Cluster cluster) {
    return new NodeLookup() {
      @Override
      public Optional<Node> node(String name) {
        return cluster.node(name);
      }

      @Override
      public List<Node> nodes() {
        return cluster.nodes();
      }
    };
  }

  /**
   * Returns the nodes of a cluster with all local addresses of its own node, for a process that
   * runs there.
   *
   * @param local all local addresses of the node; called once
   */
  static NodeLookup on(Cluster cluster, Supplier<Set<IpAddress>> local) {
    Set<IpAddress> addresses = local.get();
    return new NodeLookup() {
      @Override
      public Optional<Node> node(String name) {
        return name.equals(cluster.nodeName())
            ? Optional.of(
                cluster
                    .node(name)
                    .orElse(Node.named(name))
                    .withAddresses(addresses, Node.Knowledge.ALL))
            : cluster.node(name);
      }

      @Override
      public List<Node> nodes() {
        List<Node> all = new ArrayList<>(cluster.nodes());
        all.removeIf(node -> node.name().equals(cluster.nodeName()));
        node(cluster.nodeName()).ifPresent(all::add);
        return all;
      }
    };
  }
}
