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
 * One end of the connection that was asked about.
 *
 * @param name how it is spoken of: {@code shop/web}, {@code 192.0.2.1}, {@code node n1}
 * @param what what it is, in words
 * @param pod the pod that was named or has the address; also one on the host network
 * @param ends the end for each family it has an address of; one without address under no family
 *     where a pod has none yet
 */
public record Party(String name, String what, Optional<Pod> pod, Map<Family, Endpoint> ends) {

  /** Whether it is a pod whose addresses are not known. */
  public boolean lacksAddress() {
    return ends.values().stream().allMatch(end -> end.address() == null);
  }

  /** Its addresses, IPv4 first; none where they are not known. */
  public List<IpAddress> addresses() {
    return ends.values().stream().map(Endpoint::address).filter(a -> a != null).toList();
  }

  /** What it is and its addresses: {@code pod on n1, 10.0.0.1, fd00::1}. */
  public String description() {
    String numbers =
        addresses().stream()
            .map(IpAddress::toString)
            .filter(address -> !address.equals(name))
            .collect(Collectors.joining(", "));
    return numbers.isEmpty() ? what : what + ", " + numbers;
  }
}
