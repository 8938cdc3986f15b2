package io.netpol.observe.health;

import io.netpol.dataplane.KernelTool;
import io.netpol.observe.ApplyExecutor;
import io.netpol.route.apply.ApplyService;
import io.netpol.route.deadletter.DeadLetter;
import io.netpol.route.deadletter.DeadLetters;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/** Reports readiness: the node's rules have been applied, and the last sync succeeded. */
public final class ApplyHealth extends AbstractHealthCheck {

  private static final int MOST_NAMED = 10;

  private final ApplyService apply;
  private final DeadLetters letters;
  private final ApplyExecutor executor;
  private final Duration limit;

  /**
   * Creates the check of an agent.
   *
   * @param limit how long a sync may be pending
   */
  public ApplyHealth(
      ApplyService apply, DeadLetters letters, ApplyExecutor executor, Duration limit) {
    super("netpol", "apply");
    this.executor = executor;
    this.limit = limit;
    this.apply = apply;
    this.letters = letters;
  }

  @Override
  public boolean isLiveness() {
    return false;
  }

  @Override
  protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
    apply.lastSuccess().ifPresent(time -> builder.detail("last-success", time.toString()));
    List<String> refused = apply.refused();
    builder.detail("dead-letters", refused.size());
    if (letters.problem() != null) {
      builder.detail("dead-letters-problem", letters.problem());
      builder.detail("dead-letters-unwritten", letters.unwritten());
    }
    Map<KernelTool, String> unreadable = apply.resyncScheduler().unreadable();
    unreadable.forEach((tool, reason) -> builder.detail("unreadable-" + tool.id(), reason));
    List<String> stopped = apply.resyncScheduler().stopped();
    if (!unreadable.isEmpty()) {
      builder.message(String.join("; ", unreadable.values())).down();
    } else if (!stopped.isEmpty()) {
      builder.message("repairs that do not last are given up: " + named(stopped)).down();
    } else if (!refused.isEmpty()) {
      builder.message(prefix() + named(refused)).down();
    } else if (apply.lastSuccess().isEmpty()) {
      builder.message("nothing has been applied yet").down();
    } else if (executor.pendingFor().compareTo(limit) > 0) {
      builder
          .message("a sync has been pending for " + executor.pendingFor().toSeconds() + " s")
          .down();
    } else if (apply.isLastGood()) {
      builder.up();
    } else {
      builder.message("the last sync failed; the rules applied before stay enforced").down();
    }
  }

  /** Tells whether the kernel refuses rules, or a tool fails so that the kernel was not asked. */
  private String prefix() {
    boolean byTools = letters.letters().stream().allMatch(DeadLetter::toolFailed);
    return byTools
        ? "a tool fails ("
            + letters.letters().stream().map(DeadLetter::error).findFirst().orElse("")
            + "), so these rules are not applied: "
        : "the kernel refuses the rules of ";
  }

  private static String named(List<String> refused) {
    int more = refused.size() - MOST_NAMED;
    return more <= 0
        ? refused.toString()
        : refused.subList(0, MOST_NAMED) + " and " + more + " more";
  }
}
