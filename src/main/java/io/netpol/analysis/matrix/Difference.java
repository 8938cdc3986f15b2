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
 * Compares two states of a cluster: which connections a change opens and closes between members
 * that both states have.
 *
 * @param opened what is allowed after only
 * @param closed what was allowed before only
 * @param added the names of those who are there after only
 * @param removed the names of those who were there before only
 */
public record Difference(
    List<Flows> opened, List<Flows> closed, List<String> added, List<String> removed) {

  /**
   * Connections from each of some to each of some others.
   *
   * @param from ends that are treated alike, before and after
   * @param to the same
   * @param ports in words
   */
  public record Flows(List<Group> from, List<Group> to, String ports) {}

  /** Returns whether anything can connect after that could not before. */
  public boolean opens() {
    return !opened.isEmpty();
  }

  /** Compares two states; neither may change meanwhile. */
  public static Difference of(Cluster before, Cluster after, MatrixQuery query) {
    Collection<Cidr> blocks = new TreeSet<>(EndpointInventory.blocksOf(before, query));
    blocks.addAll(EndpointInventory.blocksOf(after, query));
    List<EndpointInventory> states =
        List.of(
            new EndpointInventory(before, query, blocks),
            new EndpointInventory(after, query, blocks));
    Set<String> dull = states.get(0).likeTheWorld();
    dull.retainAll(states.get(1).likeTheWorld());
    states.forEach(state -> state.leaveOut(dull));
    List<EquivalenceClass> classes = EquivalenceClass.of(states);
    Conditions conditions = conditions(states, query);
    List<MatrixEvaluator> evaluators = new ArrayList<>();
    for (int i = 0; i < states.size(); i++) {
      int state = i;
      evaluators.add(
          new MatrixEvaluator(
              states.get(i),
              conditions,
              classes.stream().map(each -> each.views().get(state)).toList()));
    }
    List<Group> groups = Groups.of(classes, false);
    return new Difference(
        flows(evaluators.get(0), evaluators.get(1), classes, groups, conditions),
        flows(evaluators.get(1), evaluators.get(0), classes, groups, conditions),
        only(classes, 1),
        only(classes, 0));
  }

  private static Conditions conditions(List<EndpointInventory> states, MatrixQuery query) {
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
    return Conditions.of(query, matches, numbers, families);
  }

  /** Returns what the second evaluator allows and the first does not. */
  private static List<Flows> flows(
      MatrixEvaluator first,
      MatrixEvaluator second,
      List<EquivalenceClass> classes,
      List<Group> groups,
      Conditions conditions) {
    // By receiver and ports the senders; then those with the same senders and ports as one.
    record Towards(int to, String ports) {}
    Map<Towards, List<Group>> senders =
        new TreeMap<>(Comparator.comparingInt(Towards::to).thenComparing(Towards::ports));
    for (Group from : groups) {
      for (int receiver = 0; receiver < groups.size(); receiver++) {
        Group to = groups.get(receiver);
        int one = from.classes().get(0);
        int two = to.classes().get(0);
        boolean matters = from.isPods() || to.isPods();
        if (!matters || !isInBoth(classes.get(one)) || !isInBoth(classes.get(two))) {
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

  private static boolean isInBoth(EquivalenceClass each) {
    return each.views().stream().allMatch(EquivalenceClass.View::isThere);
  }

  private static List<String> only(List<EquivalenceClass> classes, int state) {
    return classes.stream()
        .filter(each -> each.views().get(state).isThere() && !isInBoth(each))
        .filter(each -> each.kind() != EquivalenceClass.Kind.OUTSIDE)
        .flatMap(each -> each.names().stream())
        .toList();
  }
}
