package io.netpol.dataplane;

import io.netpol.model.ObjectKey;
import io.netpol.net.Family;
import java.util.Comparator;

/**
 * Identifies a pod in one address family, the unit of programming. A family whose tool fails never
 * blocks the other.
 */
public record PodInFamily(ObjectKey pod, Family family) implements Comparable<PodInFamily> {

  private static final Comparator<PodInFamily> ORDER =
      Comparator.comparing(PodInFamily::family).thenComparing(PodInFamily::pod);

  /** Orders by family, then by pod. */
  @Override
  public int compareTo(PodInFamily other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return pod + " " + family;
  }
}
