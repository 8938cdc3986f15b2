package io.netpol.analysis.matrix;

import io.netpol.evaluate.Endpoint;
import io.netpol.model.Pod;
import io.netpol.net.Family;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Describes a member of the matrix: a pod, a node, or a block of external addresses, of which one
 * address stands for all.
 *
 * @param name as people know it: {@code shop/web-1}, {@code node n1}, {@code 192.0.2.0/24}
 * @param pod empty where it is none
 * @param node the name of the node that it is, or that it runs on; may be empty
 * @param endpoints by the family of its address; a pod without any has an end without address for
 *     each
 */
record Member(String name, Optional<Pod> pod, String node, Map<Family, Endpoint> endpoints) {

  Set<Family> families() {
    return endpoints.keySet();
  }

  /**
   * Returns whether policies don't count between the two: the same pod, or a pod and its own node.
   */
  boolean isExempt(Member other) {
    return name.equals(other.name)
        || pod.isPresent() != other.pod.isPresent() && !node.isEmpty() && node.equals(other.node);
  }
}
