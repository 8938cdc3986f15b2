package io.netpol.kernel;

import io.netpol.net.Cidr;
import io.netpol.net.IpAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A set in a {@link RuleWalk}, of the types that ipset(8) describes. */
final class WalkedSet {

  private final String type;

  /** Blocks with whether they match; texts of the entries of other sets, true. */
  private final Map<Cidr, Boolean> blocks = new HashMap<>();

  private final Map<String, Boolean> entries = new HashMap<>();

  WalkedSet(String type, String family) {
    this.type = type;
    if (!List.of("hash:ip", "hash:ip,port", "hash:net").contains(type)
        || !List.of("inet", "inet6").contains(family)) {
      throw new IllegalArgumentException("no such set: " + type + " " + family);
    }
  }

  void add(List<String> entry) {
    boolean nomatch = entry.size() == 2 && entry.get(1).equals("nomatch");
    if (entry.size() != (nomatch ? 2 : 1) || nomatch && !type.equals("hash:net")) {
      throw new IllegalArgumentException("no such entry: " + entry);
    }
    if (!type.equals("hash:net")) {
      entries.put(entry.get(0), true);
      return;
    }
    String text = entry.get(0);
    Cidr block = text.indexOf('/') < 0 ? Cidr.of(IpAddress.parse(text)) : Cidr.parse(text);
    if (block.prefix() == 0) {
      throw new IllegalArgumentException("hash:net holds no block of prefix length 0");
    }
    blocks.put(block, !nomatch);
  }

  /** Whether the packet's end is in the set: {@code src}, {@code dst} or {@code dst,dst}. */
  boolean holds(RuleWalk.Packet packet, String ends) {
    IpAddress address = ends.startsWith("src") ? packet.source() : packet.destination();
    switch (type) {
      case "hash:ip" -> {
        requireEnds(ends, 1);
        return entries.containsKey(address.toString());
      }
      case "hash:ip,port" -> {
        requireEnds(ends, 2);
        // An entry without protocol would mean TCP; ours always say which.
        return entries.containsKey(address + "," + packet.protocol() + ":" + packet.port());
      }
      default -> {
        requireEnds(ends, 1);
        for (int prefix = address.family().bits(); prefix > 0; prefix--) {
          Boolean matches = blocks.get(new Cidr(address, prefix));
          if (matches != null) {
            return matches; // the most specific entry decides
          }
        }
        return false;
      }
    }
  }

  private void requireEnds(String ends, int count) {
    if (ends.split(",").length != count) {
      throw new IllegalArgumentException(type + " is not matched with " + ends);
    }
  }
}
