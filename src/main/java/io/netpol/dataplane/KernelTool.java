package io.netpol.dataplane;

import io.netpol.net.Family;
import java.util.Set;

/**
 * Describes a program by which a dataplane reads and writes the kernel. The settings configure its
 * commands.
 *
 * @param id the name in messages, metrics and dead letters, such as {@code iptables}
 * @param order the position among the tools of a dataplane, which are read in ascending order
 * @param families the families whose rules or sets it manages
 * @param stages the stages of its payloads
 * @param listingBlocks whether the kernel refuses some of its writes while it lists
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
