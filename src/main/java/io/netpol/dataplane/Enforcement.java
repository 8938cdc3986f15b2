package io.netpol.dataplane;

import io.netpol.index.AddressSetKey;
import io.netpol.model.Direction;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Says what the kernel has for one pod in one family.
 *
 * @param chains by direction; none where the pod is not isolated
 * @param sets those that the rules match against
 */
public record Enforcement(Map<Direction, EnforcedChain> chains, List<EnforcedSet> sets) {

  /** A chain with how many rules it has. */
  public record EnforcedChain(String name, int rules) {}

  /**
   * A set.
   *
   * @param pods the pods it holds; empty where it holds blocks
   * @param blocks how many blocks it holds; 0 where it holds pods
   */
  public record EnforcedSet(String name, Optional<AddressSetKey> pods, int blocks) {}
}
