package io.netpol.observe.console;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/**
 * Shows a pod of this node.
 *
 * @param programmed whether the kernel has all rules of the pod, as far as the agent knows
 * @param directions the directions in which the pod is isolated
 * @param sets the sets that the pod's rules match
 * @param lastApply when the pod's rules changed last; null if this agent did not change them
 * @param deadLetters the ids of dead letters about the pod, each with the reason
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record PodView(
    String namespace,
    String pod,
    List<String> addresses,
    boolean programmed,
    List<Isolation> directions,
    List<Members> sets,
    String lastApply,
    List<String> deadLetters) {

  /**
   * A direction in which a pod is isolated.
   *
   * @param policies the policies with their class; empty if only default isolation applies
   * @param chain the pod's chain, which has the same name in both families
   * @param rules the number of rules in each family in which the kernel has the chain
   */
  record Isolation(String direction, List<String> policies, String chain, List<String> rules) {}

  /** A set with the number of its members. */
  record Members(String set, String means, int members) {}
}
