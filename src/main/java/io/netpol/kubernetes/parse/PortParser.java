package io.netpol.kubernetes.parse;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.netpol.model.PortMatch;
import io.netpol.net.Protocol;
import io.netpol.net.Quote;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Parses the ports of one rule ({@code NetworkPolicyPort}). */
record PortParser(ProblemReporter report) {

  /** The length limit of a port name in characters (RFC 6335, section 5.1). */
  private static final int MAX_NAME = 15;

  /**
   * Parses ports; empty if all are invalid; absent ports are any port.
   *
   * @param field the path of the list
   * @param given null and empty mean every protocol and port
   */
  List<PortMatch> read(String field, List<NetworkPolicyPort> given) {
    if (given == null || given.isEmpty()) {
      return List.of(new PortMatch.Any());
    }
    List<PortMatch> ports = new ArrayList<>();
    for (int i = 0; i < given.size(); i++) {
      port(field + "[" + i + "]", given.get(i)).ifPresent(ports::add);
    }
    return ports;
  }

  private Optional<PortMatch> port(String field, NetworkPolicyPort given) {
    if (given == null) {
      return refused(field, "null");
    }
    Optional<Protocol> protocol = protocol(field, given.getProtocol(), report);
    if (protocol.isEmpty()) {
      return Optional.empty();
    }
    IntOrString port = given.getPort();
    Integer end = given.getEndPort();
    if (port == null) {
      return end == null
          ? Optional.of(new PortMatch.AllOf(protocol.get()))
          : refused(field + ".endPort", "needs a port");
    }
    if (port.getIntVal() != null) {
      return range(field, protocol.get(), port.getIntVal(), end);
    }
    if (!isName(port.getStrVal())) {
      return refused(field + ".port", notAName(port.getStrVal()));
    }
    if (end != null) {
      return refused(field + ".endPort", "needs a port that is a number");
    }
    return Optional.of(new PortMatch.Named(protocol.get(), port.getStrVal()));
  }

  private Optional<PortMatch> range(String field, Protocol protocol, int first, Integer end) {
    if (first < 1 || first > PortMatch.Range.MAX_PORT) {
      return refused(field + ".port", "not a port number: " + first);
    }
    int last = end == null ? first : end;
    if (last < first || last > PortMatch.Range.MAX_PORT) {
      return refused(field + ".endPort", "not a port number from " + first + " on: " + last);
    }
    return Optional.of(new PortMatch.Range(protocol, first, last));
  }

  private Optional<PortMatch> refused(String field, String message) {
    report.error(field, message, "matches nothing");
    return Optional.empty();
  }

  /** Parses a protocol: TCP if absent, empty with an error if unknown. */
  static Optional<Protocol> protocol(String field, String text, ProblemReporter report) {
    if (text == null || text.isEmpty()) {
      return Optional.of(Protocol.TCP);
    }
    Optional<Protocol> known = Protocol.of(text);
    if (known.isEmpty()) {
      report.error(
          field + ".protocol", "unknown protocol: " + Quote.quote(text), "matches nothing");
    }
    return known;
  }

  /**
   * Returns whether the API server accepts the text as a port name ({@code IANA_SVC_NAME}): lower
   * case letters, digits and hyphens, at least one letter, no hyphen at an end or beside another.
   */
  static boolean isName(String text) {
    if (text == null || text.isEmpty() || text.length() > MAX_NAME) {
      return false;
    }
    boolean hasLetter = false;
    char before = '-';
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean isLetter = c >= 'a' && c <= 'z';
      boolean isDigit = c >= '0' && c <= '9';
      if (!isLetter && !isDigit && (c != '-' || before == '-')) {
        return false;
      }
      hasLetter |= isLetter;
      before = c;
    }
    return hasLetter && before != '-';
  }

  static String notAName(String text) {
    return "not a port name: " + Quote.quote(text);
  }
}
