package io.netpol.dataplane;

import io.netpol.model.ObjectKey;
import io.netpol.net.Family;
import java.util.Comparator;

/**
 * A pod in one address family: the piece that a table's rules are written in. A family whose tool
 * fails so never holds the other back.
 */
public record PodInFamily(ObjectKey pod, Family family) implements Comparable<PodInFamily> {

  private static final Comparator<PodInFamily> ORDER =
      Comparator.comparing(PodInFamily::family).thenComparing(PodInFamily::pod);

  /** By family, then by pod. */
  @Override
  public int compareTo(PodInFamily other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return pod + " " + family;
  }
}
