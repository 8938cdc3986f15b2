package io.netpol.route;

import io.netpol.kubernetes.WatchedObjectsConstants;
import io.netpol.route.apply.BridgeLearning;
import io.netpol.route.apply.ConntrackCleanup;

/** Names the headers, variables and exchange properties that steps of the agent's routes set. */
public final class NetpolHeaders {

  /** The kind of the object that an event is about, as {@code NetworkPolicy}. */
  public static final String KIND = WatchedObjectsConstants.KIND;

  /** The namespace of the object; empty for kinds that have none. */
  public static final String NAMESPACE = "NetpolNamespace";

  /** The name of the object. */
  public static final String NAME = "NetpolName";

  /** How many pods and sets of this node the event affects; 0 if none. */
  public static final String PENDING = "NetpolPending";

  /** The former name of {@link #PENDING}, for edited routes; it is set for one version more. */
  public static final String DUE = "NetpolDue";

  /** How many invalid fields the object has; each is logged. */
  public static final String PROBLEMS = "NetpolProblems";

  /** Of a policy: {@code ingress}, {@code egress} or {@code both}. */
  public static final String POLICY_TYPE = "NetpolPolicyType";

  /**
   * Of a policy: {@code default-deny-ingress}, {@code default-allow-both} and the like, or {@code
   * selective}.
   */
  public static final String POLICY_EFFECT = "NetpolPolicyEffect";

  /**
   * {@link System#nanoTime()} at which the agent received the oldest event of the batch; absent if
   * no event triggered it.
   */
  public static final String EVENT_TIME = "NetpolEventTime";

  /** The tool that a payload is for: {@code ipset}, {@code iptables} or {@code ip6tables}. */
  public static final String TOOL = "NetpolTool";

  /**
   * Of a notice: {@code policy}, {@code applied}, {@code dead-letter}, {@code settled} or {@code
   * drift}.
   */
  public static final String NOTICE = "NetpolNotice";

  /**
   * {@code true} for an object that existed when the agent began to watch, and for the notice about
   * it.
   */
  public static final String FIRST_LIST = WatchedObjectsConstants.FIRST_LIST;

  /** Variable: the transaction that is being delivered. */
  public static final String DELIVERY = "netpolDelivery";

  /** Variable: the request that a dead letter is written for. */
  public static final String PIECE = "netpolPiece";

  /**
   * Variable: how many attempts of the request failed in this sync, those of the whole included.
   */
  public static final String ATTEMPTS = "netpolAttempts";

  /** Variable: the {@link ConntrackCleanup.Batch} that is being deleted. */
  public static final String CLEANUP = "netpolCleanup";

  /** Variable: the {@link BridgeLearning.Snapshot} that is being read. */
  public static final String BRIDGES = "netpolBridges";

  /** Variable: the newest version of the policy that an event is about. */
  public static final String POLICY = "netpolPolicy";

  /** Variable: the body of an event about a policy, before {@code enrich}. */
  public static final String OBJECT = "netpolObject";

  private NetpolHeaders() {}
}
