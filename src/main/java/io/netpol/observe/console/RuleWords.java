package io.netpol.observe.console;

import io.netpol.model.LabelSelector;
import io.netpol.model.Peer;
import io.netpol.model.PortMatch;

/** Peers and ports of rules in words that follow "from" or "to". */
final class RuleWords {

  private RuleWords() {}

  /** Null is a rule of which no peer could be read. */
  static String of(Peer peer) {
    if (peer == null) {
      return "nobody";
    }
    return peer instanceof Peer.Pods pods
        ? selected("pods", pods.selector()) + " in " + of(pods.namespaces())
        : peer.toString();
  }

  private static String of(Peer.NamespaceScope scope) {
    return scope instanceof Peer.NamespaceScope.Matching matching
        ? selected("namespaces", matching.selector())
        : scope.toString();
  }

  private static String selected(String what, LabelSelector selector) {
    return selector.isEverything() ? "all " + what : what + " with " + selector;
  }

  /** Null is a rule of which no port could be read. */
  static String of(PortMatch port) {
    if (port == null) {
      return "no port";
    } else if (port instanceof PortMatch.AllOf all) {
      return "any " + all.protocol() + " port";
    } else if (port instanceof PortMatch.Named named) {
      return named.protocol() + " port named " + named.name();
    }
    return port.toString();
  }
}
