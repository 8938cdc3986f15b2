package io.netpol.analysis.matrix;

import io.netpol.model.Direction;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.Peer;
import io.netpol.model.Rule;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Numbers the peers of rules. Blocks that stand in just the same rules have one number: whichever
 * of them holds an address, the same rules mean it.
 */
final class PeerNumbers {

  private final Map<Peer, List<Integer>> rulesOf = new LinkedHashMap<>();
  private final Map<Peer, Integer> numbers = new LinkedHashMap<>();
  private final Map<Rule, BitSet> ofRule = new IdentityHashMap<>();
  private int rules;

  /** Adds the peers of all rules of a policy. */
  void add(NetworkPolicy policy) {
    for (Direction direction : Direction.values()) {
      for (Rule rule : policy.rules(direction)) {
        int number = rules++;
        for (Peer peer : rule.peers()) {
          List<Integer> known = rulesOf.computeIfAbsent(peer, p -> new ArrayList<>(1));
          if (known.isEmpty() || known.get(known.size() - 1) != number) {
            known.add(number);
          }
        }
      }
    }
  }

  /** Returns all peers with their numbers; no peer may be added any more. */
  Map<Peer, Integer> all() {
    if (numbers.isEmpty()) {
      Map<List<Integer>, Integer> blocks = new HashMap<>();
      int next = 0;
      for (Map.Entry<Peer, List<Integer>> each : rulesOf.entrySet()) {
        Integer known =
            each.getKey() instanceof Peer.Block ? blocks.putIfAbsent(each.getValue(), next) : null;
        numbers.put(each.getKey(), known == null ? next++ : known);
      }
    }
    return numbers;
  }

  /** Returns the numbers of the peers of some rules. */
  BitSet of(Collection<Rule> some) {
    BitSet bits = new BitSet();
    for (Rule rule : some) {
      bits.or(
          ofRule.computeIfAbsent(
              rule,
              r -> {
                BitSet own = new BitSet();
                r.peers().forEach(peer -> own.set(all().get(peer)));
                return own;
              }));
    }
    return bits;
  }
}
