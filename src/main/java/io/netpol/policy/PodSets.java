package io.netpol.policy;

import io.netpol.policy.PodSet.Member;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** The members of the sets that rules of this node use, kept up to date by difference. */
final class PodSets {

  /** Stands for "any namespace" and "any label" in the index; no object can have this name. */
  private static final String ANY = "";

  private record Slot(String namespace, String label) {}

  /**
   * The members with the number of pods that contribute each, and what changed since asked last.
   */
  private static final class Tracked {
    final Map<Member, Integer> members = new HashMap<>();
    final Set<Member> touched = new HashSet<>();
  }

  private final Map<PodSet, Tracked> tracked = new HashMap<>();
  private final Map<Slot, Set<PodSet>> index = new HashMap<>();

  boolean tracks(PodSet set) {
    return tracked.containsKey(set);
  }

  /** Starts to track a set that now has these members. */
  void track(PodSet set, Collection<Member> members) {
    Tracked state = new Tracked();
    members.forEach(member -> add(state, member));
    tracked.put(set, state);
    for (Slot slot : slots(set)) {
      index.computeIfAbsent(slot, s -> new LinkedHashSet<>()).add(set);
    }
  }

  void untrack(PodSet set) {
    tracked.remove(set);
    for (Slot slot : slots(set)) {
      index.computeIfPresent(
          slot,
          (s, sets) -> {
            sets.remove(set);
            return sets.isEmpty() ? null : sets;
          });
    }
  }

  Set<Member> members(PodSet set) {
    return tracked.get(set).members.keySet();
  }

  /** The members that may have come or gone since the last call. */
  Set<Member> takeTouched(PodSet set) {
    Tracked state = tracked.get(set);
    Set<Member> touched = Set.copyOf(state.touched);
    state.touched.clear();
    return touched;
  }

  /** The sets that mean pods by the labels of their namespace. */
  Collection<PodSet> byNamespaceLabels() {
    return tracked.keySet().stream()
        .filter(
            set ->
                set.peer() instanceof Peer.Pods pods
                    && pods.namespaces() instanceof Peer.NamespaceScope.Matching)
        .toList();
  }

  /** Follows a pod from its old to its new form, either null; reports the sets that changed. */
  void podChanged(Pod before, Pod after, Namespace namespace, Consumer<PodSet> changed) {
    Set<PodSet> candidates = new LinkedHashSet<>();
    collect(before, candidates);
    collect(after, candidates);
    for (PodSet set : candidates) {
      List<Member> old = before == null ? List.of() : set.membersOf(before, namespace);
      List<Member> now = after == null ? List.of() : set.membersOf(after, namespace);
      if (!old.equals(now)) {
        replace(set, old, now, changed);
      }
    }
  }

  /** Replaces what one pod contributes to a set. */
  void replace(PodSet set, List<Member> old, List<Member> now, Consumer<PodSet> changed) {
    Tracked state = tracked.get(set);
    now.forEach(member -> add(state, member));
    old.forEach(member -> remove(state, member));
    changed.accept(set); // also where another pod has the same address: rules name the pods
  }

  private static void add(Tracked state, Member member) {
    if (state.members.merge(member, 1, Integer::sum) == 1) {
      state.touched.add(member);
    }
  }

  private static void remove(Tracked state, Member member) {
    if (state.members.computeIfPresent(member, (m, count) -> count == 1 ? null : count - 1)
        == null) {
      state.touched.add(member);
    }
  }

  private void collect(Pod pod, Set<PodSet> candidates) {
    if (pod == null) {
      return;
    }
    for (String namespace : List.of(pod.key().namespace(), ANY)) {
      candidates.addAll(index.getOrDefault(new Slot(namespace, ANY), Set.of()));
      pod.labels()
          .forEach(
              (key, value) ->
                  candidates.addAll(
                      index.getOrDefault(new Slot(namespace, label(key, value)), Set.of())));
    }
  }

  /** Where a pod that could be a member is bound to look: by one label that it must have. */
  private static List<Slot> slots(PodSet set) {
    if (!(set.peer() instanceof Peer.Pods pods)) {
      return List.of(new Slot(ANY, ANY));
    }
    String namespace =
        pods.namespaces() instanceof Peer.NamespaceScope.Named named ? named.name() : ANY;
    for (LabelSelector.Requirement requirement : pods.selector().requirements()) {
      if (requirement.operator() == LabelSelector.Operator.IN) {
        List<Slot> slots = new ArrayList<>();
        for (String value : requirement.values()) {
          slots.add(new Slot(namespace, label(requirement.key(), value)));
        }
        return slots;
      }
    }
    return List.of(new Slot(namespace, ANY));
  }

  private static String label(String key, String value) {
    return key + "=" + value;
  }
}
