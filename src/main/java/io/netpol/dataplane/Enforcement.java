package io.netpol.dataplane;

import io.netpol.index.AddressSetKey;
import io.netpol.model.Direction;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Describes what the kernel enforces for one pod in one family.
 *
 * @param chains by direction; empty if the pod is not isolated
 * @param sets the sets that the rules match
 */
public record Enforcement(Map<Direction, EnforcedChain> chains, List<EnforcedSet> sets) {

  /** Counts the rules of a chain. */
  public record EnforcedChain(String name, int rules) {}

  /**
   * Describes a set that rules match.
   *
   * @param pods the key of the pods that it contains; empty if it contains blocks
   * @param blocks the number of blocks that it contains; 0 if it contains pods
   */
  public record EnforcedSet(String name, Optional<AddressSetKey> pods, int blocks) {}
}
