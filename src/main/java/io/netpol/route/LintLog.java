package io.netpol.route;

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
 * Logs what lint finds in the policies that hold pods of this node, each finding once for as long
 * as it stands.
 */
public final class LintLog {

  private static final Logger LOG = LoggerFactory.getLogger(LintLog.class);

  private final Cluster cluster;
  private Set<Finding> told = Set.of();

  /** Looks at the index of one agent. */
  public LintLog(Cluster cluster) {
    this.cluster = cluster;
  }

  /** Looks, once everything has been heard of, and logs what is new. */
  public void look() {
    news().forEach(LintLog::log);
  }

  /** What stands now and did not when this was asked last, in order. */
  synchronized List<Finding> news() {
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
    Set<Finding> found = new HashSet<>(PolicyLint.of(cluster, policy -> holdsAny(policy, local)));
    List<Finding> news =
        found.stream().filter(finding -> !told.contains(finding)).sorted().toList();
    told = found;
    return news;
  }

  private static boolean holdsAny(NetworkPolicy policy, Map<String, List<Pod>> local) {
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
