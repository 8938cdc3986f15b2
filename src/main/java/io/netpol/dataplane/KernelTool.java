package io.netpol.dataplane;

import io.netpol.net.Family;
import java.util.Set;

/**
 * Names a program by which a dataplane reads and writes the kernel. What is run for it stands in
 * the settings.
 *
 * @param id the name in messages, metrics and dead letters, such as {@code iptables}
 * @param order of the tools of one dataplane, in which the kernel is read
 * @param families those that it holds rules or sets of
 * @param stages what its payloads do
 * @param listingBlocks whether some of its writes are refused while it lists
 */
public record KernelTool(
    String id,
    int order,
    Set<Family> families,
    Set<Transaction.Stage> stages,
    boolean listingBlocks)
    implements Comparable<KernelTool> {

  public KernelTool {
    families = Set.copyOf(families);
    stages = Set.copyOf(stages);
  }

  @Override
  public int compareTo(KernelTool other) {
    return order != other.order ? Integer.compare(order, other.order) : id.compareTo(other.id);
  }

  @Override
  public String toString() {
    return id;
  }
}
