package io.netpol.model;

import java.util.Locale;

/**
 * Names the direction of a connection as seen from the pod that a policy selects ({@code
 * policyTypes}).
 */
public enum Direction {
  INGRESS,
  EGRESS;

  /** Returns {@code ingress} or {@code egress}. */
  public String lowerCase() {
    return name().toLowerCase(Locale.ROOT);
  }
}
