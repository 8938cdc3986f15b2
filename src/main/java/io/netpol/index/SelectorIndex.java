package io.netpol.index;

import io.netpol.index.AddressSetKey.Member;
import io.netpol.model.LabelSelector;
import io.netpol.model.Namespace;
import io.netpol.model.Peer;
import io.netpol.model.Pod;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Tracks the members of the sets that rules of this node use, incrementally with each change of a
 * pod.
 */
final class SelectorIndex {

  /** Stands for "any namespace" and "any label" in the index; no object has an empty name. */
  private static final String ANY = "";

  private record Slot(String namespace, String key, String value) {

    @Override
    public boolean equals(Object other) {
      return other instanceof Slot slot
          && value.equals(slot.value)
          && key.equals(slot.key)
          && namespace.equals(slot.namespace);
    }

    @Override
    public int hashCode() {
      return (namespace.hashCode() * 31 + key.hashCode()) * 31 + value.hashCode();
    }
  }

  /**
   * Holds the members of a set, and what changed since the last query. It has identity equality,
   * because the hash of a key takes too long to compute for every event.
   */
  private static final class Tracked {
    final AddressSetKey set;
    final List<Slot> slots;
    final RefCountedMembers members = new RefCountedMembers();
    Set<Member> touched = new HashSet<>();

    /** The number of the last change of a pod for which the set was a candidate. */
    long lookedAt;

    Tracked(AddressSetKey set, List<Slot> slots) {
      this.set = set;
      this.slots = slots;
    }
  }

  private final Map<AddressSetKey, Tracked> tracked = new HashMap<>();
  private final Map<Slot, Set<Tracked>> index = new HashMap<>();
  private long changes;

  boolean tracks(AddressSetKey set) {
    return tracked.containsKey(set);
  }

  Set<AddressSetKey> tracked() {
    return Set.copyOf(tracked.keySet());
  }

  /**
   * Starts to track a set with its current members.
   *
   * @param rarest the requirement that a pod must meet to be examined; empty if every pod must be
   */
  void track(
      AddressSetKey set, Collection<Member> members, Optional<LabelSelector.Requirement> rarest) {
    Tracked state = new Tracked(set, slots(set, rarest));
    members.forEach(state.members::more);
    tracked.put(set, state);
    for (Slot slot : state.slots) {
      index.computeIfAbsent(slot, s -> new HashSet<>()).add(state);
    }
  }

  void untrack(AddressSetKey set) {
    Tracked state = tracked.remove(set);
    for (Slot slot : state == null ? List.<Slot>of() : state.slots) {
      index.computeIfPresent(
          slot,
          (s, sets) -> {
            sets.remove(state);
            return sets.isEmpty() ? null : sets;
          });
    }
  }

  Set<Member> members(AddressSetKey set) {
    return tracked.get(set).members;
  }

  /**
   * Returns the members that may have been added or removed since the last call, or since tracking
   * began.
   */
  Set<Member> takeTouched(AddressSetKey set) {
    Tracked state = tracked.get(set);
    Set<Member> touched = state.touched;
    state.touched = new HashSet<>();
    return touched;
  }

  /** Returns the sets that select pods by the labels of their namespace. */
  Collection<AddressSetKey> byNamespaceLabels() {
    return tracked.keySet().stream()
        .filter(
            set ->
                set.peer() instanceof Peer.Pods pods
                    && pods.namespaces() instanceof Peer.NamespaceScope.Matching)
        .toList();
  }

  /**
   * Updates the sets for a change of a pod, null where there is no old or new state, and reports
   * the sets that changed.
   */
  void podChanged(Pod before, Pod after, Namespace namespace, Consumer<AddressSetKey> changed) {
    List<Tracked> candidates = new ArrayList<>();
    changes++;
    collect(before, candidates);
    if (before == null || after == null || !before.labels().equals(after.labels())) {
      collect(after, candidates);
    }
    for (Tracked state : candidates) {
      List<Member> old = before == null ? List.of() : state.set.membersOf(before, namespace);
      List<Member> now = after == null ? List.of() : state.set.membersOf(after, namespace);
      if (!old.equals(now)) {
        replace(state, old, now, changed);
      }
    }
  }

  /** Replaces the members that one pod contributes to a set. */
  void replace(
      AddressSetKey set, List<Member> old, List<Member> now, Consumer<AddressSetKey> changed) {
    replace(tracked.get(set), old, now, changed);
  }

  private static void replace(
      Tracked state, List<Member> old, List<Member> now, Consumer<AddressSetKey> changed) {
    now.forEach(member -> add(state, member));
    old.forEach(member -> remove(state, member));
    changed.accept(state.set); // also where another pod has the same address: rules name the pods
  }

  private static void add(Tracked state, Member member) {
    if (state.members.more(member)) {
      state.touched.add(member);
    }
  }

  private static void remove(Tracked state, Member member) {
    if (state.members.less(member)) {
      state.touched.add(member);
    }
  }

  private void collect(Pod pod, List<Tracked> candidates) {
    if (pod == null) {
      return;
    }
    collect(pod.key().namespace(), pod.labels(), candidates);
    collect(ANY, pod.labels(), candidates);
  }

  private void collect(String namespace, Map<String, String> labels, List<Tracked> candidates) {
    collect(new Slot(namespace, ANY, ANY), candidates);
    for (Map.Entry<String, String> label : labels.entrySet()) {
      collect(new Slot(namespace, label.getKey(), label.getValue()), candidates);
    }
  }

  private void collect(Slot slot, List<Tracked> candidates) {
    Set<Tracked> there = index.get(slot);
    if (there == null) {
      return;
    }
    for (Tracked state : there) {
      if (state.lookedAt != changes) {
        state.lookedAt = changes;
        candidates.add(state);
      }
    }
  }

  /**
   * Returns the slots under which a pod finds the set: the values of one label that a member must
   * have.
   */
  private static List<Slot> slots(AddressSetKey set, Optional<LabelSelector.Requirement> rarest) {
    String namespace = set.namespace().orElse(ANY);
    return rarest
        .map(
            label ->
                label.values().stream()
                    .map(value -> new Slot(namespace, label.key(), value))
                    .toList())
        .orElse(List.of(new Slot(namespace, ANY, ANY)));
  }
}
