package io.netpol.analysis.matrix;

import io.netpol.evaluate.Endpoint;
import io.netpol.model.Pod;
import io.netpol.net.Family;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One who connects: a pod, a node, or a block of addresses outside, which an address stands for.
 *
 * @param name as people know it: {@code shop/web-1}, {@code node n1}, {@code 192.0.2.0/24}
 * @param pod empty where it is none
 * @param node the name of the node that it is, or that it runs on; may be empty
 * @param ends by the family of its address; a pod without any has an end without address for each
 */
record Member(String name, Optional<Pod> pod, String node, Map<Family, Endpoint> ends) {

  Set<Family> families() {
    return ends.keySet();
  }

  /** Whether policies don't count between the two: the same pod, or a pod and its own node. */
  boolean isExempt(Member other) {
    return name.equals(other.name)
        || pod.isPresent() != other.pod.isPresent() && !node.isEmpty() && node.equals(other.node);
  }
}
