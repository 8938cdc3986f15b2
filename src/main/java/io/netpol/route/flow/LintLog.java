package io.netpol.route.flow;

import io.netpol.analysis.lint.Finding;
import io.netpol.analysis.lint.PolicyLint;
import io.netpol.index.Cluster;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.Pod;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs the lint findings about policies that select pods of this node, each finding once while it
 * exists. Thread-safe.
 */
public final class LintLog {

  private static final Logger LOG = LoggerFactory.getLogger(LintLog.class);

  private final Cluster cluster;
  private Set<Finding> logged = Set.of();

  /** Creates the log for the index of an agent. */
  public LintLog(Cluster cluster) {
    this.cluster = cluster;
  }

  /** Runs lint and logs new findings; does nothing until all kinds are listed. */
  public void look() {
    newFindings().forEach(LintLog::log);
  }

  /** Returns the findings that did not exist at the last call, in order. */
  synchronized List<Finding> newFindings() {
    if (!cluster.isListed()) {
      return List.of();
    }
    Map<String, List<Pod>> local = new HashMap<>();
    cluster
        .localPods()
        .forEach(
            key ->
                cluster
                    .localPod(key)
                    .ifPresent(
                        pod ->
                            local
                                .computeIfAbsent(key.namespace(), n -> new ArrayList<>())
                                .add(pod)));
    Set<Finding> found = new HashSet<>(PolicyLint.of(cluster, policy -> selectsAny(policy, local)));
    List<Finding> newFindings =
        found.stream().filter(finding -> !logged.contains(finding)).sorted().toList();
    logged = found;
    return newFindings;
  }

  private static boolean selectsAny(NetworkPolicy policy, Map<String, List<Pod>> local) {
    return local.getOrDefault(policy.key().namespace(), List.of()).stream()
        .anyMatch(policy::selects);
  }

  private static void log(Finding finding) {
    if (finding.severity() == Finding.Severity.INFO) {
      LOG.info("NetworkPolicy {}", finding);
    } else {
      LOG.warn("NetworkPolicy {}", finding);
    }
  }
}
