package io.netpol.route;

import io.netpol.kubernetes.WatchedObjectsConstants;

/**
 * The headers, variables and exchange properties that the project's own steps set; routes may
 * branch on them.
 */
public final class NetpolHeaders {

  /** The kind of the object that an event is about, as {@code NetworkPolicy}. */
  public static final String KIND = WatchedObjectsConstants.KIND;

  /** The namespace of the object; empty for kinds that have none. */
  public static final String NAMESPACE = "NetpolNamespace";

  /** The name of the object. */
  public static final String NAME = "NetpolName";

  /** How many pods and sets of this node the event makes due; 0 if it means nothing here. */
  public static final String DUE = "NetpolDue";

  /** How many problems were found in the object; each is logged. */
  public static final String PROBLEMS = "NetpolProblems";

  /** Of a policy: {@code ingress}, {@code egress} or {@code both}. */
  public static final String POLICY_TYPE = "NetpolPolicyType";

  /**
   * Of a policy: {@code default-deny-ingress}, {@code default-allow-both} and the like, or {@code
   * selective}.
   */
  public static final String POLICY_EFFECT = "NetpolPolicyEffect";

  /**
   * When the oldest of the events was heard of that made the work due, by {@link
   * System#nanoTime()}; absent where no event did.
   */
  public static final String EVENT_TIME = "NetpolEventTime";

  /** The tool that a payload is for: {@code ipset}, {@code iptables} or {@code ip6tables}. */
  public static final String TOOL = "NetpolTool";

  /**
   * Of a notice: {@code policy}, {@code applied}, {@code dead-letter}, {@code settled} or {@code
   * drift}.
   */
  public static final String NOTICE = "NetpolNotice";

  /** Variable: the transaction that is being delivered. */
  public static final String DELIVERY = "netpolDelivery";

  /** Variable: the piece of work that a dead letter is written for. */
  public static final String PIECE = "netpolPiece";

  /** Exchange property: the look at tracked connections that is under way. */
  public static final String CUT = "NetpolCut";

  /** Exchange property: the look at bridges and neighbours that is under way. */
  public static final String BRIDGES = "NetpolBridges";

  /** Exchange property: the policy that an event is about, in its newest form. */
  public static final String POLICY = "NetpolPolicy";

  private NetpolHeaders() {}
}
