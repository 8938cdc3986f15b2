package io.netpol.index;

import io.netpol.index.AddressSetKey.Member;
import io.netpol.model.LabelSelector;
import io.netpol.model.Namespace;
import io.netpol.model.ObjectKey;
import io.netpol.model.Peer;
import io.netpol.model.Pod;
import io.netpol.net.IpAddress;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Indexes all pods, on any node and in any phase: by namespace, by address, by label, and those of
 * this node.
 */
final class PodIndex {

  private final String nodeName;
  private final Map<String, Map<ObjectKey, Pod>> all = new HashMap<>();
  private final Map<String, Map<ObjectKey, Pod>> local = new TreeMap<>();
  private final AddressIndex addresses = new AddressIndex();
  private final LabelIndex labels = new LabelIndex(this::all);

  /** Makes an empty index; local pods are those of this node that policies can select. */
  PodIndex(String nodeName) {
    this.nodeName = nodeName;
  }

  /**
   * Replaces the old state of a pod, null for a new pod, with the new one, null for a deleted pod.
   */
  void replace(Pod before, ObjectKey key, Pod after) {
    exchange(all, key, after);
    addresses.replace(before, after);
    labels.replace(before, after);
    if (isLocal(before) || isLocal(after)) {
      exchange(local, key, isLocal(after) ? after : null);
    }
  }

  /**
   * Returns whether the pod is local: policies can select it, and it is on this node; false for
   * null.
   */
  boolean isLocal(Pod pod) {
    return pod != null && pod.node().equals(nodeName) && pod.hasOwnNetwork();
  }

  /**
   * Puts the value into a map of maps by namespace, or removes it for null; returns the former
   * value.
   */
  static <T> T exchange(Map<String, Map<ObjectKey, T>> all, ObjectKey key, T value) {
    if (value != null) {
      return all.computeIfAbsent(key.namespace(), n -> new TreeMap<>()).put(key, value);
    }
    Map<ObjectKey, T> inNamespace = all.get(key.namespace());
    if (inNamespace == null) {
      return null;
    }
    T before = inNamespace.remove(key);
    if (inNamespace.isEmpty()) {
      all.remove(key.namespace());
    }
    return before;
  }

  /** Returns all pods of a namespace, in order of their names. */
  Collection<Pod> in(String namespace) {
    return all.getOrDefault(namespace, Map.of()).values();
  }

  /** Returns the local pods of a namespace, in order of their names. */
  Map<ObjectKey, Pod> localIn(String namespace) {
    return local.getOrDefault(namespace, Map.of());
  }

  /** Returns the keys of all local pods, in order. */
  List<ObjectKey> local() {
    return local.values().stream().flatMap(pods -> pods.keySet().stream()).toList();
  }

  /** Returns all pods, in no order. */
  List<Pod> all() {
    return all.values().stream().flatMap(pods -> pods.values().stream()).toList();
  }

  /** Returns the pod with this key, or null. */
  Pod find(ObjectKey key) {
    Map<ObjectKey, Pod> inNamespace = all.get(key.namespace());
    return inNamespace == null ? null : inNamespace.get(key);
  }

  /** Returns the pods at an address that policies can select. */
  List<Pod> at(IpAddress address) {
    return addresses.at(address).stream().map(this::find).filter(Objects::nonNull).toList();
  }

  /**
   * Returns the requirement of the set's selector that the fewest pods meet; empty if none has
   * values.
   */
  Optional<LabelSelector.Requirement> rarest(AddressSetKey set) {
    return set.peer() instanceof Peer.Pods pods ? labels.rarest(pods.selector()) : Optional.empty();
  }

  /**
   * Passes each pod that the peer of a set selects to a consumer, with the members that it
   * contributes, in no order.
   *
   * @param namespaces the known namespaces, by name
   */
  void forEachIn(
      AddressSetKey set, Map<String, Namespace> namespaces, BiConsumer<Pod, List<Member>> meant) {
    Collection<String> where =
        set.namespace().isPresent()
            ? List.of(set.namespace().get())
            : all.keySet().stream().filter(name -> set.mayHold(namespaces.get(name))).toList();
    Optional<LabelSelector.Requirement> rarest = rarest(set);
    Consumer<Pod> look =
        pod -> {
          List<Member> members = set.membersOf(pod, namespaces.get(pod.key().namespace()));
          if (!members.isEmpty()) {
            meant.accept(pod, members);
          }
        };
    int there = where.stream().mapToInt(name -> in(name).size()).sum();
    if (rarest.isPresent() && labels.size(rarest.get()) < there) {
      labels.forEach(rarest.get(), look);
    } else {
      where.forEach(name -> in(name).forEach(look));
    }
  }
}
