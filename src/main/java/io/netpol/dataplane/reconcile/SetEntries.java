package io.netpol.dataplane.reconcile;

import io.netpol.index.AddressSetKey.Member;
import io.netpol.index.LongSet;
import io.netpol.net.IpAddress;
import io.netpol.net.Protocol;
import java.util.AbstractSet;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;

/**
 * Stores the entries of a set in the syntax of {@code ipset save}. Members with an IPv4 address are
 * stored as numbers: in a large cluster they take most of the memory.
 */
final class SetEntries extends AbstractSet<String> {

  private final LongSet members = new LongSet();
  private final Set<String> others = new HashSet<>();

  @Override
  public boolean add(String entry) {
    long code = code(entry);
    return code == 0 ? others.add(entry) : members.add(code);
  }

  @Override
  public boolean remove(Object entry) {
    long code = code((String) entry);
    return code == 0 ? others.remove(entry) : members.remove(code);
  }

  @Override
  public boolean contains(Object entry) {
    long code = code((String) entry);
    return code == 0 ? others.contains(entry) : members.contains(code);
  }

  @Override
  public Iterator<String> iterator() {
    List<String> entries = new ArrayList<>(size());
    for (long code : members.sorted()) {
      entries.add(KernelSet.text(Member.ofCode(code)));
    }
    entries.addAll(others);
    return entries.iterator();
  }

  @Override
  public int size() {
    return members.size() + others.size();
  }

  /** Removes entries one by one: this set may be large, and the argument is small. */
  @Override
  public boolean removeAll(Collection<?> entries) {
    boolean any = false;
    for (Object entry : entries) {
      any |= remove(entry);
    }
    return any;
  }

  /** Returns the number of the member with exactly this text; 0 if there is none. */
  private static long code(String entry) {
    int comma = entry.indexOf(',');
    long address = ipv4(entry, comma < 0 ? entry.length() : comma);
    if (address < 0) {
      return 0;
    }
    if (comma < 0) {
      return new Member(IpAddress.ipv4(address), null, 0).code();
    }
    int colon = entry.indexOf(':', comma);
    int port = colon < 0 ? -1 : number(entry, colon + 1, entry.length(), 65_535);
    for (Protocol protocol : port < 0 ? List.<Protocol>of() : Protocol.ALL) {
      String name = protocol.lowerCase();
      if (name.length() == colon - comma - 1 && entry.startsWith(name, comma + 1)) {
        return new Member(IpAddress.ipv4(address), protocol, port).code();
      }
    }
    return 0;
  }

  /** Returns the 32 bits of the address before the end; -1 if there is none. */
  private static long ipv4(String text, int end) {
    long bits = 0;
    int start = 0;
    for (int octet = 0; octet < 4; octet++) {
      int dot = octet < 3 ? text.indexOf('.', start) : end;
      int value = dot < 0 || dot > end ? -1 : number(text, start, dot, 255);
      if (value < 0) {
        return -1;
      }
      bits = bits << 8 | value;
      start = dot + 1;
    }
    return bits;
  }

  /** Returns the number with exactly this text, without leading zeros; -1 if there is none. */
  private static int number(String text, int start, int end, int most) {
    if (end == start || text.charAt(start) == '0' && end > start + 1) {
      return -1;
    }
    int number = 0;
    for (int i = start; i < end; i++) {
      int digit = text.charAt(i) - '0';
      number = number * 10 + digit;
      if (digit < 0 || digit > 9 || number > most) {
        return -1;
      }
    }
    return number;
  }
}
