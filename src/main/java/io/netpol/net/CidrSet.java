package io.netpol.net;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Finds the blocks that contain a given block, and those that it contains.
 *
 * @param <T> the value that is stored with a block
 */
public final class CidrSet<T> {

  private record Entry<T>(Cidr cidr, T what) {}

  private final Map<Cidr, List<T>> byCidr = new HashMap<>();
  private final NavigableMap<IpAddress, List<Entry<T>>> byBase = new TreeMap<>();
  private final Map<Family, BitSet> prefixes = new EnumMap<>(Family.class);

  /** Adds a block with its value. A block may be added several times. */
  public void add(Cidr cidr, T what) {
    byCidr.computeIfAbsent(cidr, c -> new ArrayList<>(1)).add(what);
    prefixes.computeIfAbsent(cidr.family(), f -> new BitSet()).set(cidr.prefix());
    byBase.computeIfAbsent(cidr.base(), b -> new ArrayList<>(1)).add(new Entry<>(cidr, what));
  }

  /** Returns the values of the blocks that contain this one, the smallest block first. */
  public List<T> holding(Cidr cidr) {
    List<T> found = new ArrayList<>();
    BitSet used = prefixes.getOrDefault(cidr.family(), new BitSet());
    for (int i = used.previousSetBit(cidr.prefix()); i >= 0; i = used.previousSetBit(i - 1)) {
      found.addAll(byCidr.getOrDefault(new Cidr(cidr.base(), i), List.of()));
    }
    return found;
  }

  /** Returns the values of the blocks that this one contains, itself included. */
  public Collection<T> in(Cidr cidr) {
    List<T> found = new ArrayList<>();
    byBase
        .subMap(cidr.base(), true, cidr.last(), true)
        .values()
        .forEach(
            entries ->
                entries.stream()
                    .filter(entry -> cidr.contains(entry.cidr()))
                    .forEach(entry -> found.add(entry.what())));
    return found;
  }
}
