package io.netpol.model;

import java.util.Set;

/** Selects the pods that are isolated in a direction for which no policy selects them. */
public enum DefaultIsolation {
  /** No pod, as in the NetworkPolicy API. */
  OFF,
  /**
   * Pods in namespaces with the annotation {@value Namespace#ISOLATION_ANNOTATION}, and pods whose
   * namespace is not known yet, because it may have the annotation.
   */
  NAMESPACE,
  /** All pods of the node, in both directions. */
  NODE;

  /**
   * Returns the directions in which pods of the namespace are isolated by default; null stands for
   * a namespace that is not known yet.
   */
  public Set<Direction> directions(Namespace namespace) {
    return switch (this) {
      case OFF -> Set.of();
      case NAMESPACE ->
          namespace == null ? Set.of(Direction.values()) : namespace.defaultIsolation();
      case NODE -> Set.of(Direction.values());
    };
  }
}
