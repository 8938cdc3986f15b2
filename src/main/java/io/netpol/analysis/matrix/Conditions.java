package io.netpol.analysis.matrix;

import io.netpol.model.PortMatch;
import io.netpol.net.Family;
import io.netpol.net.Protocol;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Lists the ports and families that connections are evaluated for: as many as rules can tell apart.
 */
final class Conditions {

  private static final int AFTER_LAST = PortMatch.Range.MAX_PORT + 1;

  private final List<Condition> all = new ArrayList<>();
  private final Map<Family, BitSet> ofFamily = new EnumMap<>(Family.class);

  private final Map<Object, BitSet> common = new HashMap<>();
  private final Optional<PortMatch.Named> named;

  private Conditions(List<Condition> ports, Set<Family> families, Optional<PortMatch.Named> named) {
    this.named = named;
    for (Family family : families) {
      BitSet bits = new BitSet();
      for (Condition each : ports) {
        bits.set(all.size());
        all.add(new Condition(family, each.protocol(), each.first(), each.last(), each.other()));
      }
      ofFamily.put(family, bits);
    }
  }

  /**
   * Returns those that matter.
   *
   * @param matches all ports of rules
   * @param numbers for each named port of a rule, and the one that is asked for, the numbers that
   *     pods have under this name
   */
  static Conditions of(
      MatrixQuery query,
      Collection<PortMatch> matches,
      Map<PortMatch.Named, Set<Integer>> numbers,
      Set<Family> families) {
    List<Condition> ports = new ArrayList<>();
    if (query.number() > 0) {
      ports.add(one(query.protocol().orElseThrow(), query.number()));
    } else if (query.named().isPresent()) {
      for (int number : numbers.getOrDefault(query.named().get(), Set.of())) {
        ports.add(one(query.protocol().orElseThrow(), number));
      }
    } else {
      for (Protocol protocol : Protocol.values()) {
        if (query.protocol().isEmpty() || query.protocol().get() == protocol) {
          ports.addAll(intervals(protocol, matches, numbers));
        }
      }
      if (query.protocol().isEmpty()) {
        ports.add(new Condition(null, null, 0, 0, true));
      }
    }
    return new Conditions(ports, families, query.named());
  }

  private static Condition one(Protocol protocol, int number) {
    return new Condition(null, protocol, number, number, false);
  }

  private static List<Condition> intervals(
      Protocol protocol,
      Collection<PortMatch> matches,
      Map<PortMatch.Named, Set<Integer>> numbers) {
    // At each port the number of ranges that begin there, less those that ended before it.
    TreeMap<Integer, Integer> steps = new TreeMap<>();
    steps.put(1, 0);
    steps.put(AFTER_LAST, 0);
    for (PortMatch match : matches) {
      if (match instanceof PortMatch.Range range && range.protocol() == protocol) {
        steps.merge(range.first(), 1, Integer::sum);
        steps.merge(range.last() + 1, -1, Integer::sum);
      } else if (match instanceof PortMatch.Named named && named.protocol() == protocol) {
        for (int number : numbers.getOrDefault(named, Set.of())) {
          steps.merge(number, 1, Integer::sum);
          steps.merge(number + 1, -1, Integer::sum);
        }
      }
    }
    List<Condition> named = new ArrayList<>();
    Condition other = null;
    int depth = 0;
    for (Map.Entry<Integer, Integer> step : steps.headMap(AFTER_LAST).entrySet()) {
      depth += step.getValue();
      int last = steps.higherKey(step.getKey()) - 1;
      if (depth > 0) {
        named.add(new Condition(null, protocol, step.getKey(), last, false));
      } else if (other == null) {
        other = new Condition(null, protocol, step.getKey(), last, true);
      }
    }
    if (other != null) {
      named.add(other);
    }
    return named;
  }

  List<Condition> all() {
    return all;
  }

  /**
   * Returns those that ends with these families have between them, by position; not to change.
   *
   * @param receiver the numbers of the receiver's named ports: where a port is asked for by its
   *     name, only these are meant
   */
  BitSet between(
      Set<Family> sender, Set<Family> receives, Map<PortMatch.Named, List<Integer>> receiver) {
    BitSet shared =
        common.computeIfAbsent(
            List.of(sender, receives),
            ends -> {
              BitSet bits = new BitSet();
              sender.stream()
                  .filter(receives::contains)
                  .map(family -> ofFamily.getOrDefault(family, new BitSet()))
                  .forEach(bits::or);
              return bits;
            });
    if (named.isEmpty()) {
      return shared;
    }
    List<Integer> own = receiver.getOrDefault(named.get(), List.of());
    BitSet meant = (BitSet) shared.clone();
    for (int i = meant.nextSetBit(0); i >= 0; i = meant.nextSetBit(i + 1)) {
      if (!own.contains(all.get(i).first())) {
        meant.clear(i);
      }
    }
    return meant;
  }

  /**
   * Returns some of them in words: {@code TCP 80, 443, other UDP ports}; with the family where
   * there would be both and only one is meant.
   *
   * @param among all that could be meant
   */
  String words(BitSet some, BitSet among) {
    Map<Family, BitSet> byFamily = new EnumMap<>(Family.class);
    Set<Family> possible = EnumSet.noneOf(Family.class);
    among.stream().forEach(i -> possible.add(all.get(i).family()));
    Map<String, Set<Family>> byPorts = new TreeMap<>();
    for (Family family : possible) {
      BitSet mine = (BitSet) some.clone();
      mine.and(ofFamily.get(family));
      byFamily.put(family, mine);
      if (!mine.isEmpty()) {
        byPorts
            .computeIfAbsent(ports(mine, among, family), text -> EnumSet.noneOf(Family.class))
            .add(family);
      }
    }
    List<String> parts = new ArrayList<>();
    byPorts.forEach(
        (ports, families) ->
            parts.add(
                families.equals(possible)
                    ? ports
                    : ports + " over " + (families.contains(Family.IPV4) ? "IPv4" : "IPv6")));
    return String.join("; ", parts);
  }

  private String ports(BitSet mine, BitSet among, Family family) {
    BitSet possible = (BitSet) among.clone();
    possible.and(ofFamily.get(family));
    if (possible.equals(mine) && possible.cardinality() > 1) {
      return "all ports";
    }
    Map<String, Set<String>> byProtocol = new TreeMap<>();
    Set<String> others = new LinkedHashSet<>();
    int[] set = mine.stream().toArray();
    for (int i = 0; i < set.length; i++) {
      Condition first = all.get(set[i]);
      if (first.other()) {
        others.add(first.ports());
        continue;
      }
      int last = first.last();
      while (i + 1 < set.length
          && all.get(set[i + 1]).protocol() == first.protocol()
          && !all.get(set[i + 1]).other()
          && all.get(set[i + 1]).first() == last + 1
          && all.get(set[i + 1]).last() > all.get(set[i + 1]).first()) {
        last = all.get(set[++i]).last();
      }
      byProtocol
          .computeIfAbsent(first.protocol().name(), p -> new LinkedHashSet<>())
          .add(first.first() == last ? "" + last : first.first() + "-" + last);
    }
    String named =
        byProtocol.entrySet().stream()
            .map(e -> e.getKey() + " " + String.join(", ", e.getValue()))
            .collect(Collectors.joining(", "));
    boolean allOthers =
        others.size() > 1 && possible.stream().filter(i -> all.get(i).other()).allMatch(mine::get);
    String rest = allOthers ? "all others" : String.join(", ", others);
    return named.isEmpty() || rest.isEmpty() ? named + rest : named + ", " + rest;
  }

  /** Returns the ports that rules name, for a heading; each once. */
  List<String> named() {
    return all.stream()
        .filter(each -> !each.other())
        .map(Condition::ports)
        .collect(Collectors.toCollection(TreeSet::new))
        .stream()
        .toList();
  }
}
