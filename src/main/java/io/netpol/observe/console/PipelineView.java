package io.netpol.observe.console;

import io.netpol.observe.ApplyHistory;
import java.util.List;

/**
 * Shows the state of the agent itself.
 *
 * @param backend the command that loads IPv4 rules, which names the back-end
 * @param listed whether every kind was listed once
 * @param queue syncs that run or wait
 * @param gathering whether a batch is pending
 * @param windowMillis the current batch interval
 * @param last the last attempt; null before the first
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

  /** How stale the cache of a kind is. */
  record Source(String kind, long ageMillis) {}
}
