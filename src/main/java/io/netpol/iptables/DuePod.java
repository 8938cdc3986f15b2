package io.netpol.iptables;

import io.netpol.policy.Family;
import io.netpol.policy.ObjectKey;
import java.util.Comparator;

/**
 * A pod in one address family: the piece that a table's rules are written in. A family whose tool
 * fails so never holds the other back.
 */
public record DuePod(ObjectKey pod, Family family) implements Comparable<DuePod> {

  private static final Comparator<DuePod> ORDER =
      Comparator.comparing(DuePod::family).thenComparing(DuePod::pod);

  /** By family, then by pod. */
  @Override
  public int compareTo(DuePod other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return pod + " " + family;
  }
}
