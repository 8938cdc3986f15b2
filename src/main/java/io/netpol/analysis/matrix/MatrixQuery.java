package io.netpol.analysis.matrix;

import io.netpol.analysis.explain.BadQuestionException;
import io.netpol.model.PortMatch;
import io.netpol.net.Protocol;
import io.netpol.net.Quote;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Selects the connections that a matrix shows.
 *
 * @param namespaces whose pods; empty is all
 * @param protocol empty is every protocol
 * @param port a number or the name of a receiver's port; empty is every port
 */
public record MatrixQuery(
    Set<String> namespaces, Optional<Protocol> protocol, Optional<String> port) {

  /** Everything. */
  public static final MatrixQuery ALL =
      new MatrixQuery(Set.of(), Optional.empty(), Optional.empty());

  public MatrixQuery {
    namespaces = Set.copyOf(namespaces);
  }

  /**
   * Reads what somebody wrote; a port without protocol is TCP.
   *
   * @param protocol null is every protocol
   * @param port null is every port
   * @throws BadQuestionException if it cannot be read
   */
  public static MatrixQuery of(Set<String> namespaces, String protocol, String port) {
    Protocol known = protocol == null ? null : protocol(protocol);
    if (port == null) {
      return new MatrixQuery(namespaces, Optional.ofNullable(known), Optional.empty());
    }
    boolean digits = port.matches("[0-9]+");
    boolean number = port.matches("[0-9]{1,5}") && isPort(Integer.parseInt(port));
    if (port.isBlank() || digits && !number) {
      throw new BadQuestionException("not a port: " + Quote.quote(port));
    }
    return new MatrixQuery(
        namespaces, Optional.of(known == null ? Protocol.TCP : known), Optional.of(port));
  }

  private static boolean isPort(int number) {
    return number >= 1 && number <= PortMatch.Range.MAX_PORT;
  }

  private static Protocol protocol(String text) {
    return Protocol.of(text.trim().toUpperCase(Locale.ROOT))
        .orElseThrow(
            () ->
                new BadQuestionException("protocol is TCP, UDP or SCTP, not " + Quote.quote(text)));
  }

  boolean isAbout(String namespace) {
    return namespaces.isEmpty() || namespaces.contains(namespace);
  }

  /** Returns the number that is asked for; 0 where none is, or a name. */
  int number() {
    return port.filter(text -> text.matches("[0-9]+")).map(Integer::parseInt).orElse(0);
  }

  /** Returns the port's name that is asked for. */
  Optional<PortMatch.Named> named() {
    return port.filter(text -> number() == 0)
        .map(name -> new PortMatch.Named(protocol.orElseThrow(), name));
  }

  /** In words that follow "on": {@code TCP 5432}, {@code every TCP port}, {@code every port}. */
  public String words() {
    if (port.isPresent()) {
      return named().isPresent()
          ? "the " + protocol.orElseThrow() + " port named " + port.get()
          : protocol.orElseThrow() + " " + port.get();
    }
    return protocol.map(p -> "every " + p + " port").orElse("every port");
  }
}
