package io.netpol.evaluate;

import io.netpol.model.Direction;
import io.netpol.model.ObjectKey;
import io.netpol.model.Peer;
import io.netpol.model.PortMatch;
import java.util.List;

/**
 * Represents the verdict on a connection: both the egress of the source and the ingress of the
 * destination must allow it.
 *
 * @param egress the decision of the policies of the source
 * @param ingress the decision of the policies of the destination
 */
public record Verdict(Decision egress, Decision ingress) {

  /** Returns whether both directions allow the connection. */
  public boolean allowed() {
    return egress.allows() && ingress.allows();
  }

  /** Returns the decision of one direction. */
  public Decision of(Direction direction) {
    return direction == Direction.EGRESS ? egress : ingress;
  }

  /** Represents the decision of one direction, with its reason. */
  public sealed interface Decision {

    /** Returns whether this direction allows the connection. */
    default boolean allows() {
      return true;
    }

    /**
     * Allows the connection, because policies do not apply to the endpoint: it is external, a node,
     * or a pod on the host network.
     */
    record NoPod() implements Decision {}

    /** Allows the connection, because nothing isolates the pod in this direction. */
    record NotIsolated(ObjectKey pod) implements Decision {}

    /** Allows the connection, because no policy can deny it. */
    record Always(ObjectKey pod, Reason reason) implements Decision {
      /** Explains why no policy can deny a connection. */
      public enum Reason {
        ITSELF("a pod always reaches itself"),
        OWN_NODE("a pod and its own node always reach each other");

        private final String sentence;

        Reason(String sentence) {
          this.sentence = sentence;
        }

        /** Returns the reason as a sentence without a full stop. */
        public String sentence() {
          return sentence;
        }
      }
    }

    /**
     * Allows the connection by a rule.
     *
     * @param rule the number of the rule in its direction, from 1
     * @param peer the peer of the rule that matches
     * @param port the port of the rule that matches
     */
    record AllowedBy(ObjectKey pod, ObjectKey policy, int rule, Peer peer, PortMatch port)
        implements Decision {}

    /**
     * Allows and audits the connection: no rule allows it, and the policies that isolate the pod
     * are in audit mode.
     *
     * @param policies the policies that would deny it; empty if default isolation would
     */
    record Audited(ObjectKey pod, List<ObjectKey> policies) implements Decision {}

    /**
     * Denies the connection: the pod is isolated, and no rule allows it.
     *
     * @param policies the policies that isolate the pod; empty if default isolation does
     */
    record Denied(ObjectKey pod, List<ObjectKey> policies) implements Decision {
      @Override
      public boolean allows() {
        return false;
      }
    }
  }
}
