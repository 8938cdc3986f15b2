package io.netpol.evaluate;

import io.netpol.model.Pod;
import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import java.util.List;

/**
 * Represents the source or destination of a connection: an address, and the pods that have it.
 *
 * @param address null for a pod without an address yet, which no block contains and no node owns
 * @param pods the pods at the address that policies can select: usually one, two while one of them
 *     terminates, none if the address is external, of a node, or of a pod on the host network
 */
public record Endpoint(IpAddress address, List<Pod> pods) {

  public Endpoint {
    pods = List.copyOf(pods);
  }

  /**
   * Returns the endpoint of a pod in a family; its address is null if the pod has none of that
   * family.
   */
  public static Endpoint of(Pod pod, Family family) {
    List<IpAddress> own = pod.addresses(family);
    return new Endpoint(
        own.isEmpty() ? null : own.get(0), pod.hasOwnNetwork() ? List.of(pod) : List.of());
  }
}
