package io.netpol.index;

import io.netpol.index.AddressSetKey.Member;
import java.util.AbstractSet;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Counts the pods that contribute each member of a set: nearly always one. Members of one pod that
 * fit into a number are stored as numbers.
 */
final class RefCountedMembers extends AbstractSet<Member> {

  private final LongSet ofOnePod = new LongSet();
  private final Map<Member, Integer> others = new HashMap<>();

  /** Counts one more pod for the member, and returns whether it is the first. */
  boolean more(Member member) {
    Integer count = others.get(member);
    long code = member.code();
    boolean second = count == null && ofOnePod.remove(code);
    if (count != null || second) {
      others.put(member, second ? 2 : count + 1);
      return false;
    }
    if (code == 0) {
      others.put(member, 1);
    } else {
      ofOnePod.add(code);
    }
    return true;
  }

  /** Counts one pod less for the member, and returns whether it was the last. */
  boolean less(Member member) {
    Integer count = others.remove(member);
    long code = member.code();
    if (count == null) {
      return ofOnePod.remove(code);
    }
    if (count == 2 && code != 0) {
      ofOnePod.add(code);
    } else if (count > 1) {
      others.put(member, count - 1);
    }
    return count == 1;
  }

  @Override
  public boolean contains(Object member) {
    return member instanceof Member asked
        && (ofOnePod.contains(asked.code()) || others.containsKey(asked));
  }

  /** Returns the members in order. */
  @Override
  public Iterator<Member> iterator() {
    List<Member> members = new ArrayList<>(size());
    for (long code : ofOnePod.sorted()) {
      members.add(Member.ofCode(code));
    }
    if (!others.isEmpty()) {
      members.addAll(others.keySet());
      Collections.sort(members);
    }
    return members.iterator();
  }

  @Override
  public int size() {
    return ofOnePod.size() + others.size();
  }
}
