package io.netpol.analysis.matrix;

import io.netpol.net.Family;
import io.netpol.net.Protocol;

/**
 * Connections of one family that no rule tells apart by their ports.
 *
 * @param protocol null for all that rules cannot name, such as ICMP
 * @param first the first port, which stands for all of them; 0 where the protocol is null
 * @param last the last port
 * @param other whether they are those that no rule names
 */
record Condition(Family family, Protocol protocol, int first, int last, boolean other) {

  /** {@code TCP 80}, {@code TCP 8000-8999}, {@code other TCP ports}, {@code other protocols}. */
  String ports() {
    if (protocol == null) {
      return "other protocols";
    } else if (other) {
      return "other " + protocol + " ports";
    }
    return protocol + " " + (first == last ? "" + first : first + "-" + last);
  }
}
