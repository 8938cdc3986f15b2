package io.netpol.analysis.explain;

import io.netpol.model.ObjectKey;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Says whether the kernel of this node has exactly the rules that pods need. */
public interface KernelCheck {

  /**
   * What was found.
   *
   * @param holds for each pod that was asked about, whether the kernel has its rules; empty where
   *     it could not be read
   * @param problem why the kernel could not be read; empty where it was
   */
  record Result(Map<ObjectKey, Boolean> holds, Optional<String> problem) {}

  /** Looks at the kernel as it is now, for these pods of this node. */
  Result of(Set<ObjectKey> pods);
}
