package io.netpol.observe.health;

import io.netpol.net.Family;
import io.netpol.observe.Bridges;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reports bridges on which packets between pods bypass the rules, as a detail of readiness. The
 * check stays up, because only an administrator knows whether a bridge connects pods.
 */
public final class BridgeHealth extends AbstractHealthCheck {

  private static final Logger LOG = LoggerFactory.getLogger(BridgeHealth.class);

  private final Bridges bridges;
  private final Set<Family> families;
  private String logged;

  /**
   * Creates the check.
   *
   * @param families the families that the agent enforces
   */
  public BridgeHealth(Bridges bridges, Set<Family> families) {
    super("netpol", "bridges");
    this.bridges = bridges;
    this.families = Set.copyOf(families);
  }

  @Override
  public boolean isLiveness() {
    return false;
  }

  @Override
  protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
    builder.up();
    String bypass = bypass();
    if (bypass != null) {
      builder.detail("unfiltered", bypass);
    }
  }

  /** Tells what bypasses the rules, in words; null if nothing does. Logs it when it is new. */
  private synchronized String bypass() {
    Set<String> shared = bridges.shared();
    String settings =
        bridges.unfiltered().stream()
            .filter(families::contains)
            .sorted()
            .map(family -> "net.bridge." + Bridges.setting(family))
            .collect(Collectors.joining(" and "));
    String bypass =
        shared.isEmpty() || settings.isEmpty()
            ? null
            : "packets between pods on one bridge ("
                + String.join(", ", shared)
                + ") are not filtered: "
                + settings
                + " is not 1";
    if (bypass != null && !bypass.equals(logged)) {
      LOG.warn("{}; set it to 1 if the bridge connects pods", bypass);
    }
    logged = bypass;
    return bypass;
  }

  /** Returns the number of bridges with several devices whose packets bypass a family's rules. */
  public int bypass(Family family) {
    return families.contains(family) && bridges.unfiltered().contains(family)
        ? bridges.shared().size()
        : 0;
  }
}
