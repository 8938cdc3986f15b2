package io.netpol.analysis.explain;

import io.netpol.net.Protocol;
import io.netpol.net.Quote;
import java.util.Locale;

/**
 * Holds a question about a connection as the user wrote it.
 *
 * @param from {@code namespace/name} of a pod, an address, {@code node} or {@code node:NAME}
 * @param to the same
 * @param port a number or a name; null where the protocol has no ports
 * @param protocol TCP, UDP, SCTP, or another that policies cannot name, such as ICMP
 */
public record Question(String from, String to, String port, String protocol) {

  static final int MAX_PORT = 65535;

  /**
   * Checks what can be checked without looking at any object.
   *
   * @throws BadQuestionException if something is missing or cannot be read
   */
  public static Question of(String from, String to, String port, String protocol) {
    String upper = protocol == null ? "TCP" : protocol.trim().toUpperCase(Locale.ROOT);
    if (!upper.matches("[A-Z][A-Z0-9-]{0,19}")) {
      throw new BadQuestionException("not a protocol: " + Quote.quote(protocol));
    }
    Question question = new Question(given("from", from), given("to", to), port, upper);
    if (question.knownProtocol() == null && port != null) {
      throw new BadQuestionException(upper + " has no ports that a policy could name");
    }
    if (question.knownProtocol() != null && (port == null || port.isBlank())) {
      throw new BadQuestionException("no port is given");
    }
    if (port != null && port.matches("[0-9]+") && !isNumber(port)) {
      throw new BadQuestionException("not a port: " + Quote.quote(port));
    }
    return question;
  }

  private static String given(String which, String end) {
    if (end == null || end.isBlank()) {
      throw new BadQuestionException("no " + which + " is given");
    }
    return end.trim();
  }

  private static boolean isNumber(String text) {
    return text.matches("[0-9]{1,5}")
        && Integer.parseInt(text) >= 1
        && Integer.parseInt(text) <= MAX_PORT;
  }

  /** Null for a protocol that policies cannot name. */
  Protocol knownProtocol() {
    return Protocol.of(protocol).orElse(null);
  }

  public boolean hasNamedPort() {
    return port != null && !isNumber(port);
  }
}
