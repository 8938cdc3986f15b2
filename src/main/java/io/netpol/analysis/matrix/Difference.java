package io.netpol.analysis.matrix;

import io.netpol.index.Cluster;
import io.netpol.model.PortMatch;
import io.netpol.net.Cidr;
import io.netpol.net.Family;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a change of a cluster opens and closes between those who are there before and after.
 *
 * @param opened what is allowed after only
 * @param closed what was allowed before only
 * @param come the names of those who are there after only
 * @param gone the names of those who were there before only
 */
public record Difference(
    List<Flows> opened, List<Flows> closed, List<String> come, List<String> gone) {

  /**
   * Connections from each of some to each of some others.
   *
   * @param from ends that are treated alike, before and after
   * @param to the same
   * @param ports in words
   */
  public record Flows(List<Group> from, List<Group> to, String ports) {}

  /** Whether anything can connect after that could not before. */
  public boolean opens() {
    return !opened.isEmpty();
  }

  /** Compares two states; neither may change meanwhile. */
  public static Difference of(Cluster before, Cluster after, MatrixQuery asked) {
    Collection<Cidr> blocks = new TreeSet<>(EndpointInventory.blocksOf(before, asked));
    blocks.addAll(EndpointInventory.blocksOf(after, asked));
    List<EndpointInventory> states =
        List.of(
            new EndpointInventory(before, asked, blocks),
            new EndpointInventory(after, asked, blocks));
    Set<String> dull = states.get(0).likeTheWorld();
    dull.retainAll(states.get(1).likeTheWorld());
    states.forEach(state -> state.leaveOut(dull));
    List<EquivalenceClass> units = EquivalenceClass.of(states);
    Conditions conditions = conditions(states, asked);
    List<MatrixEvaluator> judges = new ArrayList<>();
    for (int i = 0; i < states.size(); i++) {
      int state = i;
      judges.add(
          new MatrixEvaluator(
              states.get(i),
              conditions,
              units.stream().map(unit -> unit.views().get(state)).toList()));
    }
    List<Group> groups = Groups.of(units, false);
    return new Difference(
        flows(judges.get(0), judges.get(1), units, groups, conditions),
        flows(judges.get(1), judges.get(0), units, groups, conditions),
        only(units, 1),
        only(units, 0));
  }

  private static Conditions conditions(List<EndpointInventory> states, MatrixQuery asked) {
    Set<PortMatch> matches = new HashSet<>();
    Map<PortMatch.Named, Set<Integer>> numbers = new HashMap<>();
    Set<Family> families = EnumSet.noneOf(Family.class);
    for (EndpointInventory state : states) {
      matches.addAll(state.matches());
      families.addAll(state.families());
      state
          .numbers()
          .forEach((name, own) -> numbers.computeIfAbsent(name, n -> new TreeSet<>()).addAll(own));
    }
    return Conditions.of(asked, matches, numbers, families);
  }

  /** What the second judge allows and the first does not. */
  private static List<Flows> flows(
      MatrixEvaluator first,
      MatrixEvaluator second,
      List<EquivalenceClass> units,
      List<Group> groups,
      Conditions conditions) {
    // By receiver and ports the senders; then those with the same senders and ports as one.
    record Towards(int to, String ports) {}
    Map<Towards, List<Group>> senders =
        new TreeMap<>(Comparator.comparingInt(Towards::to).thenComparing(Towards::ports));
    for (Group from : groups) {
      for (int receiver = 0; receiver < groups.size(); receiver++) {
        Group to = groups.get(receiver);
        int one = from.units().get(0);
        int two = to.units().get(0);
        boolean matters = from.isPods() || to.isPods();
        if (!matters || !isInBoth(units.get(one)) || !isInBoth(units.get(two))) {
          continue;
        }
        BitSet possible = second.possible(one, two);
        if (possible.isEmpty()) {
          continue;
        }
        BitSet now = second.allowed(one, two, possible);
        now.andNot(first.allowed(one, two, first.possible(one, two)));
        if (!now.isEmpty()) {
          senders
              .computeIfAbsent(
                  new Towards(receiver, conditions.words(now, possible)), t -> new ArrayList<>())
              .add(from);
        }
      }
    }
    record Alike(List<Group> from, String ports) {}
    Map<Alike, List<Group>> receivers = new LinkedHashMap<>();
    senders.forEach(
        (towards, from) ->
            receivers
                .computeIfAbsent(new Alike(from, towards.ports()), a -> new ArrayList<>())
                .add(groups.get(towards.to())));
    List<Flows> flows = new ArrayList<>();
    receivers.forEach(
        (alike, to) -> flows.add(new Flows(alike.from(), List.copyOf(to), alike.ports())));
    return List.copyOf(flows);
  }

  private static boolean isInBoth(EquivalenceClass unit) {
    return unit.views().stream().allMatch(EquivalenceClass.View::isThere);
  }

  private static List<String> only(List<EquivalenceClass> units, int state) {
    return units.stream()
        .filter(unit -> unit.views().get(state).isThere() && !isInBoth(unit))
        .filter(unit -> unit.kind() != EquivalenceClass.Kind.OUTSIDE)
        .flatMap(unit -> unit.names().stream())
        .toList();
  }
}
