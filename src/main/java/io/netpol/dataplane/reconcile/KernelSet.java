package io.netpol.dataplane.reconcile;

import io.netpol.dataplane.render.AddressSet;
import io.netpol.dataplane.render.AddressSet.Kind;
import io.netpol.index.AddressSetKey;
import io.netpol.index.AddressSetKey.Member;
import io.netpol.net.Family;
import java.util.List;
import java.util.Optional;

/**
 * Describes a set that rules match.
 *
 * @param name derived from its content
 * @param kind the type of its elements
 * @param family the family of its addresses
 * @param pods the key of its pods; empty if its entries never change
 * @param entries the entries of a set without pods: blocks in the syntax of the back-end
 */
public record KernelSet(
    String name, Kind kind, Family family, Optional<AddressSetKey> pods, List<String> entries) {

  /**
   * Makes the kernel's set of a set.
   *
   * @param entries the entries of a set without pods
   */
  public static KernelSet of(AddressSet set, List<String> entries) {
    return new KernelSet(set.name(), set.kind(), set.family(), set.pods(), entries);
  }

  /** Returns a member as {@code 10.0.0.1} or {@code 10.0.0.1,tcp:80}. */
  public static String text(Member member) {
    return member.protocol() == null
        ? member.address().toString()
        : member.address() + "," + member.protocol().lowerCase() + ":" + member.port();
  }

  /** Returns whether the set with this name in the kernel has the same type and family. */
  public boolean isLike(ObservedSet present) {
    return present.kind().equals(Optional.of(kind)) && present.family() == family;
  }
}
