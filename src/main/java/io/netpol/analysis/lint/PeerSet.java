package io.netpol.analysis.lint;

import io.netpol.model.LabelSelector;
import io.netpol.model.Peer;
import io.netpol.model.Peer.NamespaceScope;
import io.netpol.net.Cidr;
import io.netpol.net.CidrSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Finds among peers those that mean all that another one does, as they are written. */
final class PeerSet {

  private static final Peer EVERYONE = new Peer.Everyone();

  private final Set<Peer> all;
  private final CidrSet<Peer.Block> blocks = new CidrSet<>();
  private final SelectorIndex<Peer.Pods> pods;
  private final Map<Peer.Block, CidrSet<Cidr>> holes = new HashMap<>();

  PeerSet(List<Peer> peers) {
    all = new HashSet<>(peers);
    List<Peer.Pods> selecting = new ArrayList<>();
    for (Peer peer : all) {
      if (peer instanceof Peer.Block block) {
        blocks.add(block.cidr(), block);
      } else if (peer instanceof Peer.Pods each) {
        selecting.add(each);
      }
    }
    pods = new SelectorIndex<>(selecting, Peer.Pods::selector);
  }

  /** Returns whether one peer means all that the other does. */
  boolean covers(Peer narrow) {
    return all.contains(EVERYONE) || all.contains(narrow) || !covering(narrow).isEmpty();
  }

  /** Returns all peers that mean all that the other does. */
  List<Peer> covering(Peer narrow) {
    List<Peer> covering = new ArrayList<>();
    if (all.contains(EVERYONE)) {
      covering.add(EVERYONE);
    }
    if (narrow instanceof Peer.Block block) {
      blocks.holding(block.cidr()).stream()
          .filter(wide -> covers(wide, block))
          .forEach(covering::add);
    } else if (narrow instanceof Peer.Pods each) {
      pods.mayCover(each.selector()).stream()
          .filter(
              wide ->
                  covers(wide.namespaces(), each.namespaces())
                      && Redundancy.covers(wide.selector(), each.selector()))
          .forEach(covering::add);
    }
    return covering;
  }

  /**
   * Returns whether the narrow block leaves out, or does not hold, whatever the wide one leaves
   * out.
   */
  private boolean covers(Peer.Block wide, Peer.Block narrow) {
    if (wide.except().isEmpty() || wide.except().equals(narrow.except())) {
      return true;
    }
    CidrSet<Cidr> left = holes.computeIfAbsent(wide, w -> setOf(w.except()));
    if (!left.holding(narrow.cidr()).isEmpty()) {
      return false;
    }
    CidrSet<Cidr> own = setOf(narrow.except());
    return left.in(narrow.cidr()).stream().noneMatch(hole -> own.holding(hole).isEmpty());
  }

  private static CidrSet<Cidr> setOf(List<Cidr> cidrs) {
    CidrSet<Cidr> set = new CidrSet<>();
    cidrs.forEach(cidr -> set.add(cidr, cidr));
    return set;
  }

  private static boolean covers(NamespaceScope wide, NamespaceScope narrow) {
    if (wide instanceof NamespaceScope.Matching w) {
      LabelSelector selector = w.selector();
      return selector.isEverything()
          || narrow instanceof NamespaceScope.Matching n
              && Redundancy.covers(selector, n.selector());
    }
    return wide.equals(narrow);
  }
}
