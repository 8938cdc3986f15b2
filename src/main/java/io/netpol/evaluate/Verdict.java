package io.netpol.evaluate;

import io.netpol.model.Direction;
import io.netpol.model.ObjectKey;
import io.netpol.model.Peer;
import io.netpol.model.PortMatch;
import java.util.List;

/**
 * What policies say of a connection: it needs the sender's egress and the receiver's ingress.
 *
 * @param egress what the sender's policies say
 * @param ingress what the receiver's policies say
 */
public record Verdict(Decision egress, Decision ingress) {

  /** Returns whether the connection may be made. */
  public boolean allowed() {
    return egress.allows() && ingress.allows();
  }

  /** Returns what one direction says: egress of the sender, ingress of the receiver. */
  public Decision of(Direction direction) {
    return direction == Direction.EGRESS ? egress : ingress;
  }

  /** What one direction says, and why. */
  public sealed interface Decision {

    /** Returns whether this direction lets the connection pass. */
    default boolean allows() {
      return true;
    }

    /** This end is nothing that policies hold: outside, a node, a pod on the host network. */
    record NoPod() implements Decision {}

    /** Nothing isolates this end's pod in this direction. */
    record NotIsolated(ObjectKey pod) implements Decision {}

    /** No policy can forbid it. */
    record Always(ObjectKey pod, Reason reason) implements Decision {
      /** Why no policy can. */
      public enum Reason {
        ITSELF("a pod always reaches itself"),
        OWN_NODE("a pod and its own node always reach each other");

        private final String sentence;

        Reason(String sentence) {
          this.sentence = sentence;
        }

        /** In words. */
        public String sentence() {
          return sentence;
        }
      }
    }

    /**
     * A rule admits it.
     *
     * @param rule the number of the rule in its direction, from 1
     * @param peer the peer of the rule that the other end is
     * @param port the port of the rule that the connection uses
     */
    record AllowedBy(ObjectKey pod, ObjectKey policy, int rule, Peer peer, PortMatch port)
        implements Decision {}

    /**
     * No rule admits it, but those who isolate the pod are only audited: it passes, and is noted.
     *
     * @param policies those that would deny it; empty where default isolation would
     */
    record Audited(ObjectKey pod, List<ObjectKey> policies) implements Decision {}

    /**
     * The pod is isolated and no rule admits it.
     *
     * @param policies those that isolate the pod; empty where default isolation does
     */
    record Denied(ObjectKey pod, List<ObjectKey> policies) implements Decision {
      @Override
      public boolean allows() {
        return false;
      }
    }
  }
}
