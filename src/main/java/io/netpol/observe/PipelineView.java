package io.netpol.observe;

import java.util.List;

/**
 * The state of the agent itself.
 *
 * @param backend the command that loads IPv4 rules, which tells the back-end
 * @param listed whether every kind was listed once
 * @param queue applies that run or wait
 * @param gathering whether events are gathered for the next apply
 * @param windowMillis how long they are gathered at the moment
 * @param last the last attempt; null where there was none
 */
record PipelineView(
    String node,
    String backend,
    List<String> families,
    boolean listed,
    List<Source> sources,
    int queue,
    boolean gathering,
    long windowMillis,
    ApplyHistory.Attempt last,
    int policies,
    int pods,
    int localPods,
    int deadLetters,
    List<String> stoppedRoutes) {

  /** How one kind is heard. */
  record Source(String kind, long ageMillis) {}
}
