package io.netpol.observe;

import io.netpol.net.Family;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says in readiness where packets between pods on one bridge never reach the rules. It is up all
 * the same: whether pods hang on that bridge only the administrator knows.
 */
public final class BridgeHealth extends AbstractHealthCheck {

  private static final Logger LOG = LoggerFactory.getLogger(BridgeHealth.class);

  private final Bridges bridges;
  private final Set<Family> families;
  private String told;

  /**
   * Looks at each call.
   *
   * @param families those that are enforced
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
    String passing = passing();
    if (passing != null) {
      builder.detail("unfiltered", passing);
    }
  }

  /** What passes by the rules, in words; null where nothing does. It is logged when it is new. */
  private synchronized String passing() {
    Set<String> shared = bridges.shared();
    String settings =
        bridges.unfiltered().stream()
            .filter(families::contains)
            .sorted()
            .map(family -> "net.bridge." + Bridges.setting(family))
            .collect(Collectors.joining(" and "));
    String passing =
        shared.isEmpty() || settings.isEmpty()
            ? null
            : "packets between pods on one bridge ("
                + String.join(", ", shared)
                + ") are not filtered: "
                + settings
                + " is not 1";
    if (passing != null && !passing.equals(told)) {
      LOG.warn("{}; set it to 1 where pods hang on a bridge", passing);
    }
    told = passing;
    return passing;
  }

  /** How many bridges with several devices pass packets by the rules of a family. */
  int passing(Family family) {
    return families.contains(family) && bridges.unfiltered().contains(family)
        ? bridges.shared().size()
        : 0;
  }
}
