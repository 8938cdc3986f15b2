package io.netpol.dataplane.nftables;

import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.reconcile.KernelSet;
import io.netpol.dataplane.reconcile.ObservedSet;
import io.netpol.dataplane.reconcile.SetDiff;
import io.netpol.dataplane.render.AddressSet;
import io.netpol.net.Cidr;
import io.netpol.net.Protocol;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Writes the differences of sets as commands of nft, and translates elements. */
final class NftSetWriter implements SetDiff.Writer {

  @Override
  public KernelTool tool() {
    return NftTools.NFT;
  }

  @Override
  public boolean isAtomic() {
    return true;
  }

  /** Returns a number that no set reaches: sets of nftables grow by themselves. */
  @Override
  public int capacity(int entries) {
    return Integer.MAX_VALUE;
  }

  /**
   * Returns the set with its blocks as the kernel can store them: none overlaps another, and those
   * that are excepted are cut out.
   */
  static KernelSet set(AddressSet set) {
    List<String> entries = new ArrayList<>();
    Cidr last = null;
    // In order, a block stands right after those that contain it.
    for (Cidr block : new TreeSet<>(set.blocks())) {
      if (last == null || !last.contains(block)) {
        last = block;
        block.minus(set.except()).forEach(part -> entries.add(part.shortText()));
      }
    }
    return KernelSet.of(set, entries);
  }

  @Override
  public boolean add(
      StringBuilder lines,
      KernelSet set,
      ObservedSet present,
      List<String> added,
      Map<String, ObservedSet> has) {
    Payload payload = new Payload(lines);
    boolean like = present != null && set.isLike(present);
    if (present != null && !like) {
      // Another program made it: if no rule uses it, it can be deleted.
      payload.add("delete set", set.name());
    }
    if (!like) {
      payload.add("add set", set.name(), "{ " + type(set) + " }");
    }
    if (like && set.kind() == AddressSet.Kind.BLOCKS) {
      remake(payload, set);
      return false;
    }
    payload.elements(
        "add", set.name(), added.stream().map(entry -> element(set.kind(), entry)).toList());
    return false;
  }

  @Override
  public void remove(StringBuilder lines, KernelSet set, Collection<String> removed) {
    if (set.kind() == AddressSet.Kind.BLOCKS) {
      remake(new Payload(lines), set);
      return;
    }
    new Payload(lines)
        .elements(
            "delete",
            set.name(),
            removed.stream().map(entry -> element(set.kind(), entry)).toList());
  }

  /**
   * Writes all blocks of a set in which another program wrote: a block is refused as long as one of
   * the other program's overlaps it.
   */
  private static void remake(Payload payload, KernelSet set) {
    payload.add("flush set", set.name()).elements("add", set.name(), set.entries());
  }

  private static String type(KernelSet set) {
    String address = "type " + NetpolTable.addressType(set.family());
    return switch (set.kind()) {
      case ADDRESSES -> address + ";";
      case ADDRESSES_AND_PORTS -> address + " . inet_proto . inet_service;";
      case BLOCKS -> address + "; flags interval;";
    };
  }

  /** Returns an entry as an element; one that the agent never wrote stays as it is. */
  private static String element(AddressSet.Kind kind, String entry) {
    int comma = entry.indexOf(',');
    int colon = entry.indexOf(':', comma);
    if (kind != AddressSet.Kind.ADDRESSES_AND_PORTS || comma < 0 || colon < 0) {
      return entry;
    }
    String name = entry.substring(comma + 1, colon);
    Optional<Protocol> protocol =
        Stream.of(Protocol.values()).filter(p -> p.lowerCase().equals(name)).findFirst();
    return entry.substring(0, comma)
        + " . "
        + protocol.map(p -> String.valueOf(RuleWriter.number(p))).orElse(name)
        + " . "
        + entry.substring(colon + 1);
  }

  /** Returns an element as an entry. */
  static String entry(Optional<AddressSet.Kind> kind, String element) {
    String[] parts = element.split(" \\. ");
    if (kind.isEmpty() || kind.get() != AddressSet.Kind.ADDRESSES_AND_PORTS || parts.length != 3) {
      return element;
    }
    String protocol =
        Stream.of(Protocol.values())
            .filter(p -> parts[1].equals(String.valueOf(RuleWriter.number(p))))
            .map(Protocol::lowerCase)
            .findFirst()
            .orElse(parts[1]);
    return parts[0] + "," + protocol + ":" + parts[2];
  }
}
