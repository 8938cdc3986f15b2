package io.netpol.model;

import java.util.Set;

/** Which pods are isolated in a direction that no policy selects them for. */
public enum DefaultIsolation {
  /** None, as the NetworkPolicy API has it. */
  OFF,
  /**
   * Those in namespaces whose annotation {@value Namespace#ISOLATION_ANNOTATION} asks for it, and
   * those whose namespace is not known: it may ask.
   */
  NAMESPACE,
  /** All pods of the node, in both directions. */
  NODE;

  /**
   * Returns the directions in which pods of the namespace are isolated; a null namespace is not
   * known.
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
