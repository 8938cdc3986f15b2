package io.netpol.policy;

/** A kind of Kubernetes object that the agent watches. */
public enum Kind {
  NETWORK_POLICY("NetworkPolicy"),
  POD("Pod"),
  NAMESPACE("Namespace"),
  NODE("Node");

  private final String kubernetesName;

  Kind(String kubernetesName) {
    this.kubernetesName = kubernetesName;
  }

  /** The {@code kind} of the object as the API spells it. */
  public String kubernetesName() {
    return kubernetesName;
  }
}
