package io.netpol.observe;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/**
 * A pod of this node as the agent sees it.
 *
 * @param programmed whether the kernel has all of its rules, as far as the agent knows
 * @param directions those in which it is isolated
 * @param sets the sets that its rules match against
 * @param lastApply when it got other rules last; null where this agent gave it none
 * @param deadLetters the ids of letters about it, each with the reason
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
   * A direction in which policies hold a pod.
   *
   * @param policies with their class; none where default isolation alone does it
   * @param chain its chain, which has the same name in both families
   * @param rules how many rules the chain has in each family that the kernel has it in
   */
  record Isolation(String direction, List<String> policies, String chain, List<String> rules) {}

  /** How many members a set has. */
  record Members(String set, String means, int members) {}
}
