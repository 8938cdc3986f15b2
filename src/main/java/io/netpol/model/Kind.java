package io.netpol.model;

import java.util.List;
import java.util.Optional;

/** Names a kind of Kubernetes object that the agent watches. */
public enum Kind {
  NETWORK_POLICY("NetworkPolicy"),
  POD("Pod"),
  NAMESPACE("Namespace"),
  NODE("Node");

  private static final List<Kind> ALL = List.of(values());

  private final String kubernetesName;

  Kind(String kubernetesName) {
    this.kubernetesName = kubernetesName;
  }

  /** Returns the {@code kind} of the object as the API spells it. */
  public String kubernetesName() {
    return kubernetesName;
  }

  /**
   * Returns the kind with this name in the API; empty for a kind that the agent does not watch and
   * for null.
   */
  public static Optional<Kind> of(String kubernetesName) {
    for (Kind kind : ALL) {
      if (kind.kubernetesName.equals(kubernetesName)) {
        return Optional.of(kind);
      }
    }
    return Optional.empty();
  }
}
