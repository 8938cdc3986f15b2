package io.netpol.analysis.explain;

import io.netpol.evaluate.Endpoint;
import io.netpol.model.Pod;
import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Describes the source or the destination of the connection that was asked about.
 *
 * @param name how it is spoken of: {@code shop/web}, {@code 192.0.2.1}, {@code node n1}
 * @param what what it is, in words
 * @param pod the pod that was named or has the address; also one on the host network
 * @param endpoints the end for each family it has an address of; one without address under no
 *     family where a pod has none yet
 */
public record Party(String name, String what, Optional<Pod> pod, Map<Family, Endpoint> endpoints) {

  /** Returns whether it is a pod whose addresses are not known. */
  public boolean lacksAddress() {
    return endpoints.values().stream().allMatch(end -> end.address() == null);
  }

  /** Returns its addresses, IPv4 first; none where they are not known. */
  public List<IpAddress> addresses() {
    return endpoints.values().stream().map(Endpoint::address).filter(a -> a != null).toList();
  }

  /** Returns what it is and its addresses: {@code pod on n1, 10.0.0.1, fd00::1}. */
  public String description() {
    String numbers =
        addresses().stream()
            .map(IpAddress::toString)
            .filter(address -> !address.equals(name))
            .collect(Collectors.joining(", "));
    return numbers.isEmpty() ? what : what + ", " + numbers;
  }
}
