package io.netpol.dataplane.render;

import io.netpol.index.AddressSetKey;
import io.netpol.model.Peer;
import io.netpol.net.Cidr;
import io.netpol.net.Family;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Describes a set of peer addresses. Rules that match the same addresses share one.
 *
 * @param name contains a hash of the content, so that equal sets have equal names
 * @param pods the key of its pods; empty if it contains blocks, which never change
 * @param blocks the blocks that it contains; empty if it contains pods
 * @param except blocks within these whose addresses it excludes
 */
public record AddressSet(
    String name,
    Kind kind,
    Family family,
    Optional<AddressSetKey> pods,
    List<Cidr> blocks,
    List<Cidr> except) {

  /** Names the type of the elements. */
  public enum Kind {
    ADDRESSES("hash:ip"),
    ADDRESSES_AND_PORTS("hash:ip,port"),
    BLOCKS("hash:net");

    /** A part of names of sets. Do not change it: an upgrade must find the sets it needs. */
    private final String text;

    Kind(String text) {
      this.text = text;
    }
  }

  /** Makes the set of the pods that a peer selects. */
  public static AddressSet of(AddressSetKey pods) {
    Kind kind = pods.port().isPresent() ? Kind.ADDRESSES_AND_PORTS : Kind.ADDRESSES;
    String name = Names.set(pods.family(), kind.text + " " + pods.canonical());
    return new AddressSet(name, kind, pods.family(), Optional.of(pods), List.of(), List.of());
  }

  /**
   * Makes the set of the addresses in any of these blocks.
   *
   * @param blocks not empty; of one family
   */
  static AddressSet of(Collection<Cidr> blocks) {
    return of(blocks, List.of());
  }

  /** Makes the set of the addresses in a block without its exceptions. */
  static AddressSet of(Peer.Block block) {
    return of(List.of(block.cidr()), block.except());
  }

  private static AddressSet of(Collection<Cidr> blocks, List<Cidr> except) {
    // Not every kernel accepts prefix length 0 in a set: use the two halves.
    List<Cidr> parts =
        new TreeSet<>(blocks)
            .stream()
                .flatMap(block -> block.prefix() == 0 ? block.halves().stream() : Stream.of(block))
                .filter(part -> !except.contains(part))
                .distinct()
                .toList();
    Family family = blocks.iterator().next().family();
    String content =
        Stream.concat(
                parts.stream().map(Cidr::shortText),
                except.stream().map(block -> block.shortText() + " nomatch"))
            .distinct()
            .sorted()
            .collect(Collectors.joining("|"));
    String name = Names.set(family, Kind.BLOCKS.text + " " + content);
    return new AddressSet(name, Kind.BLOCKS, family, Optional.empty(), parts, except);
  }
}
