package io.netpol.bench;

/**
 * How large a cluster is, as one node sees it. The same load gives the same objects.
 *
 * @param seed of everything that is drawn by lot
 * @param namespaces how many there are
 * @param pods of the whole cluster, those of this node included
 * @param localPods how many of them run on this node
 * @param policies of the whole cluster
 * @param localPolicies how many of them select a pod of this node, one each
 */
public record Load(
    long seed, int namespaces, int pods, int localPods, int policies, int localPolicies) {

  /** The name of the node that the local pods run on. */
  public static final String NODE = "node-0";

  public Load {
    if (namespaces < 1 || localPods < 0 || localPods > pods || localPolicies > policies) {
      throw new IllegalArgumentException(
          "a load has namespaces, no more local pods than pods and no more local policies than"
              + " policies: %d, %d of %d, %d of %d"
                  .formatted(namespaces, localPods, pods, localPolicies, policies));
    }
    if (localPolicies > 0 && localPods == 0) {
      throw new IllegalArgumentException("local policies need local pods");
    }
  }

  /**
   * 10,000 pods in 300 namespaces, 110 of them on this node, and 1,000 policies, of which 330
   * select local pods, 3 each.
   */
  public static Load standard(long seed) {
    return new Load(seed, 300, 10_000, 110, 1_000, 330);
  }

  /** The same with another number of pods, on other nodes; never fewer than there are local. */
  public Load withPods(int number) {
    return new Load(seed, namespaces, number, Math.min(localPods, number), policies, localPolicies);
  }

  /** The same with another number of policies, of which a third select local pods. */
  public Load withPolicies(int number) {
    return new Load(seed, namespaces, pods, localPods, number, (int) Math.round(number * 0.33));
  }

  /** The same with another number of local pods, which policies of their own select, 3 each. */
  public Load withLocalPods(int number) {
    int further = policies - localPolicies;
    return new Load(seed, namespaces, pods, number, further + 3 * number, 3 * number);
  }

  /** The same with another number of policies that select local pods. */
  public Load withLocalPolicies(int number) {
    return new Load(seed, namespaces, pods, localPods, policies - localPolicies + number, number);
  }
}
