package io.netpol.analysis.matrix;

import io.netpol.model.Direction;
import io.netpol.model.ObjectKey;
import io.netpol.model.PortMatch;
import io.netpol.net.Family;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Groups members that all policies treat alike, so that one of them stands for all.
 *
 * @param kind what sort its members are
 * @param namespace of its pods; empty where they are none
 * @param views the class in each state of the cluster that is looked at, usually one
 */
record EquivalenceClass(Kind kind, String namespace, List<View> views) {

  /** What members are. */
  enum Kind {
    PODS,
    NODES,
    OUTSIDE
  }

  /**
   * What policies see of a member.
   *
   * @param families those in which it can connect
   * @param meantBy the numbers of the peers of rules that mean it, by family
   * @param policies by direction, those that hold for it; no entry where none does, nor default
   *     isolation
   * @param numbers of those of its named ports that rules name
   * @param alone the name of a member like no other: its address is another's too
   */
  record PolicyFootprint(
      Set<Family> families,
      Map<Family, BitSet> meantBy,
      Map<Direction, List<ObjectKey>> policies,
      Map<PortMatch.Named, List<Integer>> numbers,
      Optional<String> alone) {}

  /**
   * Describes the class in one state of the cluster.
   *
   * @param members in order; empty where none of them is in this state
   * @param footprint what they have in common; null where there are none
   */
  record View(List<Member> members, PolicyFootprint footprint) {
    boolean isThere() {
      return footprint != null;
    }
  }

  /** Returns the names of its members, in order. */
  List<String> names() {
    return views.stream()
        .filter(View::isThere)
        .findFirst()
        .map(view -> view.members().stream().map(Member::name).toList())
        .orElse(List.of());
  }

  /** Divides the members of some states of a cluster into as few classes as there can be. */
  static List<EquivalenceClass> of(List<EndpointInventory> states) {
    record Likeness(Kind kind, String namespace, List<Optional<PolicyFootprint>> footprints) {}
    Set<String> names = new LinkedHashSet<>();
    states.forEach(state -> names.addAll(state.members().keySet()));
    Map<Likeness, List<String>> alike = new LinkedHashMap<>();
    for (String name : names) {
      List<Optional<PolicyFootprint>> footprints = new ArrayList<>();
      Member any = null;
      for (EndpointInventory state : states) {
        Member member = state.members().get(name);
        any = member == null ? any : member;
        footprints.add(Optional.ofNullable(member).map(state::footprint));
      }
      String namespace = any.pod().map(pod -> pod.key().namespace()).orElse("");
      Kind kind =
          any.pod().isPresent() ? Kind.PODS : any.node().isEmpty() ? Kind.OUTSIDE : Kind.NODES;
      alike
          .computeIfAbsent(new Likeness(kind, namespace, footprints), l -> new ArrayList<>())
          .add(name);
    }
    List<EquivalenceClass> classes = new ArrayList<>();
    alike.forEach(
        (likeness, members) -> {
          List<View> views = new ArrayList<>();
          for (int i = 0; i < states.size(); i++) {
            Map<String, Member> known = states.get(i).members();
            PolicyFootprint footprint = likeness.footprints().get(i).orElse(null);
            views.add(
                new View(
                    footprint == null ? List.of() : members.stream().map(known::get).toList(),
                    footprint));
          }
          classes.add(new EquivalenceClass(likeness.kind(), likeness.namespace(), views));
        });
    return classes;
  }
}
