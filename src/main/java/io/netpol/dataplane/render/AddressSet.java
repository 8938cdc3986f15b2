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
 * Holds the addresses of peers. Rules that mean the same addresses share one.
 *
 * @param name says what it holds by a hash, so that equal sets have equal names
 * @param pods the pods that it holds; empty where it holds blocks, which never change
 * @param blocks the blocks that it holds; empty where it holds pods
 * @param except blocks in these whose addresses it does not hold
 */
public record AddressSet(
    String name,
    Kind kind,
    Family family,
    Optional<AddressSetKey> pods,
    List<Cidr> blocks,
    List<Cidr> except) {

  /** What the elements of a set are. */
  public enum Kind {
    ADDRESSES("hash:ip"),
    ADDRESSES_AND_PORTS("hash:ip,port"),
    BLOCKS("hash:net");

    /** Goes into names. It stays as it is, so that an upgrade finds the sets it needs. */
    private final String text;

    Kind(String text) {
      this.text = text;
    }
  }

  /** Makes the set of the pods that a peer means. */
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

  /** Makes the set of the addresses in a block less its exceptions. */
  static AddressSet of(Peer.Block block) {
    return of(List.of(block.cidr()), block.except());
  }

  private static AddressSet of(Collection<Cidr> blocks, List<Cidr> except) {
    // A set cannot hold a block of prefix length 0 everywhere: its two halves instead.
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
