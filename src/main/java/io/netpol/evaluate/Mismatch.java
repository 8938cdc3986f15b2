package io.netpol.evaluate;

/**
 * Explains one difference because of which a rule does not allow a connection.
 *
 * @param kind what differs
 * @param sentence the actual value and the one that the rule requires, as a sentence
 */
public record Mismatch(Kind kind, String sentence) {

  /** Names what differs, with a distance that ranks near misses. */
  public enum Kind {
    PEER_LABEL(1),
    NAMESPACE(1),
    NAMESPACE_LABEL(1),
    NAMESPACE_UNKNOWN(2),
    NOT_A_POD(3),
    HOST_NETWORK(1),
    OUTSIDE_BLOCK(2),
    IN_EXCEPT(1),
    FAMILY(4),
    NO_ADDRESS(3),
    PROTOCOL(1),
    PORT(1),
    NAMED_PORT(1),
    NOTHING_READABLE(9);

    private final int distance;

    Kind(int distance) {
      this.distance = distance;
    }

    int distance() {
      return distance;
    }
  }
}
