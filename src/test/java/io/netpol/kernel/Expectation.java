package io.netpol.kernel;

import io.netpol.lab.Flow.Protocol;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Who reaches whom, as written by hand: everybody, except for lines such as
 *
 * <pre>
 * deny * -> x/a
 * allow y/* world -> x/a on tcp80 udp
 * </pre>
 *
 * <p>The last line that speaks of a connection decides. Members are pods ({@code x/*} is all of a
 * namespace, {@code pods} all there are), {@code n1}, {@code n2} or {@code node} for both, {@code
 * world} for the host outside, {@code *} for all. After {@code on} come protocols with or without a
 * port, and {@code ipv4} or {@code ipv6}. What no policy can change needs no line: a pod reaches
 * itself, a pod and its own node reach each other.
 */
final class Expectation {

  private static final Pattern LINE =
      Pattern.compile("(allow|deny) +(.+?) +-> +(.+?)(?: +on +(.+))?");
  private static final Pattern SERVICE = Pattern.compile("(tcp|udp|icmp)(\\d*)");

  private record Line(
      boolean allow, Set<String> from, Set<String> to, Set<String> families, Set<String> services) {

    boolean speaksOf(Connection connection) {
      String protocol = connection.protocol().name().toLowerCase(Locale.ROOT);
      return from.contains(connection.from())
          && to.contains(connection.to())
          && (families.isEmpty() || families.contains(connection.family()))
          && (services.isEmpty()
              || services.contains(protocol)
              || services.contains(protocol + connection.port()));
    }
  }

  /**
   * A connection between two members.
   *
   * @param family {@code ipv4} or {@code ipv6}
   */
  record Connection(String from, String to, String family, Protocol protocol, int port) {}

  private final Topology topology;
  private final List<Line> lines = new ArrayList<>();

  private Expectation(Topology topology) {
    this.topology = topology;
  }

  /**
   * Reads the lines of a case.
   *
   * @throws IllegalArgumentException if one is not as described, or names what is not there
   */
  static Expectation of(Topology topology, List<String> text) {
    Expectation expectation = new Expectation(topology);
    text.forEach(line -> expectation.lines.add(expectation.line(line)));
    return expectation;
  }

  boolean allows(Connection connection) {
    if (connection.from().equals(connection.to())
        || topology.areNodeAndItsPod(connection.from(), connection.to())) {
      return true;
    }
    for (int i = lines.size() - 1; i >= 0; i--) {
      if (lines.get(i).speaksOf(connection)) {
        return lines.get(i).allow();
      }
    }
    return true;
  }

  private Line line(String text) {
    Matcher parts = LINE.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException("not a line of an expectation: " + text);
    }
    Set<String> families = new HashSet<>();
    Set<String> services = new HashSet<>();
    for (String word : parts.group(4) == null ? new String[0] : parts.group(4).split(" +")) {
      if (word.equals("ipv4") || word.equals("ipv6")) {
        families.add(word);
      } else if (SERVICE.matcher(word).matches()) {
        services.add(word);
      } else {
        throw new IllegalArgumentException("no protocol, port or family: " + word);
      }
    }
    boolean allow = parts.group(1).equals("allow");
    return new Line(allow, members(parts.group(2)), members(parts.group(3)), families, services);
  }

  private Set<String> members(String words) {
    Set<String> members = new HashSet<>();
    for (String word : words.split(" +")) {
      List<String> found = topology.named(word);
      if (found.isEmpty()) {
        throw new IllegalArgumentException("nobody is called " + word);
      }
      members.addAll(found);
    }
    return members;
  }
}
