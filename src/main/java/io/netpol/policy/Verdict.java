package io.netpol.policy;

import java.util.List;

/**
 * What policies say of a connection: it needs the sender's egress and the receiver's ingress.
 *
 * @param egress what the sender's policies say
 * @param ingress what the receiver's policies say
 */
public record Verdict(Decision egress, Decision ingress) {

  /** Whether the connection may be made. */
  public boolean allowed() {
    return egress.allows() && ingress.allows();
  }

  /** What one direction says, and why. */
  public sealed interface Decision {

    /** Whether this direction lets the connection pass. */
    boolean allows();

    /** This end is no pod, or a pod that nothing isolates in this direction. */
    record NotIsolated() implements Decision {
      @Override
      public boolean allows() {
        return true;
      }
    }

    /** No policy can forbid it: a pod to itself, or between a pod and its own node. */
    record Always(String reason) implements Decision {
      @Override
      public boolean allows() {
        return true;
      }
    }

    /**
     * A rule admits it.
     *
     * @param rule the number of the rule in its direction, from 1
     */
    record AllowedBy(ObjectKey policy, int rule) implements Decision {
      @Override
      public boolean allows() {
        return true;
      }
    }

    /**
     * The pod is isolated and no rule admits it.
     *
     * @param policies those that isolate the pod; empty where default isolation does
     */
    record Denied(List<ObjectKey> policies) implements Decision {
      @Override
      public boolean allows() {
        return false;
      }
    }
  }
}
