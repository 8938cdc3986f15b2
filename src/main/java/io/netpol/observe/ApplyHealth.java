package io.netpol.observe;

import io.netpol.dataplane.KernelTool;
import io.netpol.route.ApplyService;
import io.netpol.route.DeadLetter;
import io.netpol.route.DeadLetters;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/** Readiness: the node's rules have been applied, and the last apply succeeded. */
public final class ApplyHealth extends AbstractHealthCheck {

  private static final int MOST_NAMED = 10;

  private final ApplyService apply;
  private final DeadLetters letters;
  private final ApplyExecutor applier;
  private final Duration most;

  /**
   * Looks at the applies of one agent.
   *
   * @param most how long an apply may be due
   */
  public ApplyHealth(
      ApplyService apply, DeadLetters letters, ApplyExecutor applier, Duration most) {
    super("netpol", "apply");
    this.applier = applier;
    this.most = most;
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
    Map<KernelTool, String> unreadable = apply.checked().unreadable();
    unreadable.forEach((tool, why) -> builder.detail("unreadable-" + tool.id(), why));
    List<String> stopped = apply.checked().stopped();
    if (!unreadable.isEmpty()) {
      builder.message(String.join("; ", unreadable.values())).down();
    } else if (!stopped.isEmpty()) {
      builder.message("repairs that do not hold are given up: " + named(stopped)).down();
    } else if (!refused.isEmpty()) {
      builder.message(why() + named(refused)).down();
    } else if (apply.lastSuccess().isEmpty()) {
      builder.message("nothing has been applied yet").down();
    } else if (applier.overdue().compareTo(most) > 0) {
      builder.message("an apply has been due for " + applier.overdue().toSeconds() + " s").down();
    } else if (apply.isLastGood()) {
      builder.up();
    } else {
      builder.message("the last apply failed; what was enforced stays enforced").down();
    }
  }

  /** The kernel refuses, or a tool does not work and nobody could ask it. */
  private String why() {
    boolean byTools = letters.letters().stream().allMatch(DeadLetter::toolFailed);
    return byTools
        ? "a tool fails ("
            + letters.letters().stream().map(DeadLetter::error).findFirst().orElse("")
            + "), not applied are the rules of "
        : "the kernel refuses the rules of ";
  }

  private static String named(List<String> refused) {
    int more = refused.size() - MOST_NAMED;
    return more <= 0
        ? refused.toString()
        : refused.subList(0, MOST_NAMED) + " and " + more + " more";
  }
}
