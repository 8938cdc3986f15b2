package io.netpol.kubernetes.parse;

import static io.netpol.kubernetes.parse.ObjectConverter.orEmpty;

import io.fabric8.kubernetes.api.model.networking.v1.IPBlock;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPeer;
import io.netpol.model.LabelSelector;
import io.netpol.model.Peer;
import io.netpol.model.Peer.NamespaceScope;
import io.netpol.net.Cidr;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Parses the peers of one rule ({@code NetworkPolicyPeer}). */
record PeerParser(ProblemReporter report) {

  private static final String NOTHING = "the peer matches nothing";

  /**
   * Parses peers; empty if all are invalid; absent peers are everyone.
   *
   * @param field the path of the list
   * @param given null and empty mean everyone
   */
  List<Peer> read(String field, List<NetworkPolicyPeer> given) {
    if (given == null || given.isEmpty()) {
      return List.of(new Peer.Everyone());
    }
    List<Peer> peers = new ArrayList<>();
    for (int i = 0; i < given.size(); i++) {
      peer(field + "[" + i + "]", given.get(i)).ifPresent(peers::add);
    }
    return peers;
  }

  private Optional<Peer> peer(String field, NetworkPolicyPeer given) {
    if (given == null) {
      return refused(field, "null");
    }
    boolean selects = given.getPodSelector() != null || given.getNamespaceSelector() != null;
    if (given.getIpBlock() != null) {
      return selects
          ? refused(field, "ipBlock together with a selector")
          : block(field + ".ipBlock", given.getIpBlock());
    }
    return selects
        ? pods(field, given)
        : refused(field, "none of ipBlock, namespaceSelector and podSelector is given");
  }

  private Optional<Peer> pods(String field, NetworkPolicyPeer given) {
    SelectorParser selectors = new SelectorParser(report);
    LabelSelector pods = selectors.read(field + ".podSelector", given.getPodSelector(), NOTHING);
    LabelSelector namespaces =
        selectors.read(field + ".namespaceSelector", given.getNamespaceSelector(), NOTHING);
    if (pods.equals(LabelSelector.NOTHING) || namespaces.equals(LabelSelector.NOTHING)) {
      return Optional.empty();
    }
    NamespaceScope scope =
        given.getNamespaceSelector() == null
            ? new NamespaceScope.Named(report.object().namespace())
            : new NamespaceScope.Matching(namespaces);
    return Optional.of(new Peer.Pods(scope, pods));
  }

  private Optional<Peer> block(String field, IPBlock given) {
    Optional<Cidr> cidr = cidr(field + ".cidr", given.getCidr());
    List<String> texts = orEmpty(given.getExcept());
    List<Cidr> except = new ArrayList<>();
    boolean readable = cidr.isPresent();
    for (int i = 0; i < texts.size(); i++) {
      Optional<Cidr> hole = cidr(field + ".except[" + i + "]", texts.get(i));
      readable &= hole.isPresent();
      hole.ifPresent(except::add);
    }
    if (!readable) {
      return Optional.empty();
    }
    List<Cidr> effective = new ArrayList<>();
    for (int i = 0; i < except.size(); i++) {
      Cidr hole = except.get(i);
      if (hole.contains(cidr.get())) {
        return refused(field + ".except[" + i + "]", hole + " leaves nothing of " + cidr.get());
      } else if (cidr.get().contains(hole)) {
        effective.add(hole);
      } else {
        report.warning(
            field + ".except[" + i + "]", hole + " is not in " + cidr.get() + "; no effect");
      }
    }
    return Optional.of(new Peer.Block(cidr.get(), effective));
  }

  private Optional<Cidr> cidr(String field, String text) {
    try {
      return Optional.of(Cidr.parse(text, note -> report.warning(field, note)));
    } catch (IllegalArgumentException e) {
      report.error(field, e.getMessage(), NOTHING);
      return Optional.empty();
    }
  }

  private Optional<Peer> refused(String field, String message) {
    report.error(field, message, NOTHING);
    return Optional.empty();
  }
}
