package io.netpol.analysis.lint;

import io.netpol.model.ObjectKey;
import java.util.Comparator;
import java.util.Locale;

/**
 * Describes something in a policy that is probably not meant.
 *
 * @param policy whose it is
 * @param code what it is
 * @param where the part of the policy, as {@code ingress rule 1}; empty where it is the whole
 * @param sentence what is the case
 * @param advice what to do
 */
public record Finding(
    ObjectKey policy, Code code, Severity severity, String where, String sentence, String advice)
    implements Comparable<Finding> {

  private static final Comparator<Finding> ORDER =
      Comparator.comparing(Finding::policy)
          .thenComparing(Finding::code)
          .thenComparing(Finding::where)
          .thenComparing(Finding::sentence);

  /** How sure it is that something is wrong. */
  public enum Severity {
    /** It may be meant. */
    INFO,
    /** It is probably not meant. */
    WARNING,
    /** It has no effect, and so cannot be meant. */
    ERROR;

    /** {@code info}, {@code warning} or {@code error}. */
    public String lowerCase() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What was found; {@link #text} is stable, for filters. */
  public enum Code {
    SELECTS_NOTHING,
    PEER_MATCHES_NOTHING,
    PORT_NAME_UNKNOWN,
    REDUNDANT,
    EGRESS_WITHOUT_DNS,
    OR_INSTEAD_OF_AND,
    UDP_PORT_AS_TCP,
    BLOCK_OVERLAPS_PODS;

    /** As in {@code selects-nothing}. */
    public String text() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  @Override
  public int compareTo(Finding other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return policy
        + ": "
        + (where.isEmpty() ? "" : where + ": ")
        + sentence
        + " ("
        + code.text()
        + "); "
        + advice;
  }
}
