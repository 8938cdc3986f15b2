package io.netpol.evaluate;

import io.netpol.model.Pod;
import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import java.util.List;

/**
 * One end of a connection, as policies see it: an address, and the pods that have it.
 *
 * @param address null for a pod that has none yet: no block holds it, and it is on no node's
 *     address
 * @param pods those that policies can hold; usually one, two while one of them is ending, none
 *     where the address is outside, a node's, or that of a pod on the host network
 */
public record Endpoint(IpAddress address, List<Pod> pods) {

  public Endpoint {
    pods = List.copyOf(pods);
  }

  /**
   * Returns a pod by its address of a family; without an address where it has none of that family.
   */
  public static Endpoint of(Pod pod, Family family) {
    List<IpAddress> own = pod.addresses(family);
    return new Endpoint(
        own.isEmpty() ? null : own.get(0), pod.hasOwnNetwork() ? List.of(pod) : List.of());
  }
}
