package io.netpol.index;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.netpol.index.AddressSetKey.Member;
import io.netpol.model.DefaultIsolation;
import io.netpol.model.Direction;
import io.netpol.model.Kind;
import io.netpol.model.Namespace;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.Node;
import io.netpol.model.ObjectKey;
import io.netpol.model.Pod;
import io.netpol.net.IpAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * Indexes all objects that the agent watches, and finds what each change affects on one node.
 *
 * <p>Thread-safe: every method locks the index. Run several reads in {@link #withLock} to see one
 * state. Until every kind has been listed once, no change affects anything.
 */
public final class Cluster {

  private final String nodeName;
  private final DefaultIsolation defaultIsolation;
  private final boolean auditsAll;

  @GuardedBy("this")
  private final Map<String, Namespace> namespaces = new HashMap<>();

  @GuardedBy("this")
  private final Map<String, Node> nodes = new HashMap<>();

  @GuardedBy("this")
  private final PodIndex pods;

  @GuardedBy("this")
  private final Map<String, Map<ObjectKey, NetworkPolicy>> policies = new HashMap<>();

  @GuardedBy("this")
  private final PolicyIndex policyIndex = new PolicyIndex();

  @GuardedBy("this")
  private final SelectorIndex sets = new SelectorIndex();

  @GuardedBy("this")
  private final Set<Kind> unlisted = EnumSet.allOf(Kind.class);

  /**
   * Makes an empty index.
   *
   * @param nodeName the node whose pods are local, as in {@code spec.nodeName}
   */
  public Cluster(String nodeName, DefaultIsolation defaultIsolation) {
    this(nodeName, defaultIsolation, false);
  }

  /**
   * Makes an empty index.
   *
   * @param auditsAll whether all policies are in audit mode on this node
   */
  public Cluster(String nodeName, DefaultIsolation defaultIsolation, boolean auditsAll) {
    this.nodeName = nodeName;
    this.pods = new PodIndex(nodeName);
    this.defaultIsolation = defaultIsolation;
    this.auditsAll = auditsAll;
  }

  /** Returns the name of the node whose pods are local. */
  public String nodeName() {
    return nodeName;
  }

  /** Returns a copy of the index, for long computations. The copy tracks no sets. */
  public synchronized Cluster copy() {
    Cluster copy = new Cluster(nodeName, defaultIsolation, auditsAll);
    namespaces.values().forEach(copy::put);
    nodes.values().forEach(copy::put);
    pods().forEach(copy::put);
    policies.values().forEach(inNamespace -> inNamespace.values().forEach(copy::put));
    Set<Kind> listed = EnumSet.allOf(Kind.class);
    listed.removeAll(unlisted);
    listed.forEach(copy::listed);
    return copy;
  }

  /** Runs several reads under the lock, so that they see one state. */
  public synchronized <T> T withLock(Supplier<T> reads) {
    return reads.get();
  }

  /** Records that a kind has been listed; the last kind affects everything. */
  public synchronized AffectedObjects listed(Kind kind) {
    return unlisted.remove(kind) && isListed() ? AffectedObjects.EVERYTHING : AffectedObjects.NONE;
  }

  /** Returns whether every kind has been listed once. */
  public synchronized boolean isListed() {
    return unlisted.isEmpty();
  }

  /** Adds or replaces a pod. */
  public synchronized AffectedObjects put(Pod pod) {
    return replacePod(pod.key(), pod);
  }

  /** Adds or replaces a namespace. */
  public synchronized AffectedObjects put(Namespace namespace) {
    return replaceNamespace(namespace.name(), namespace);
  }

  /** Adds or replaces a policy. */
  public synchronized AffectedObjects put(NetworkPolicy policy) {
    return replacePolicy(policy.key(), policy);
  }

  /** Adds or replaces a node. A change of the pod ranges of this node affects everything. */
  public synchronized AffectedObjects put(Node node) {
    Node before = nodes.put(node.name(), node);
    boolean sameRanges = before != null && before.podRanges().equals(node.podRanges());
    boolean isOurs = node.name().equals(nodeName);
    return isOurs && !sameRanges && isListed() ? AffectedObjects.EVERYTHING : AffectedObjects.NONE;
  }

  /**
   * Removes an object; an unknown one affects nothing. Removal of this node affects everything,
   * because its pod ranges may be assigned to another node.
   */
  public synchronized AffectedObjects remove(Kind kind, ObjectKey key) {
    return switch (kind) {
      case POD -> replacePod(key, null);
      case NAMESPACE -> replaceNamespace(key.name(), null);
      case NETWORK_POLICY -> replacePolicy(key, null);
      case NODE -> {
        Node gone = nodes.remove(key.name());
        boolean isOurs = gone != null && key.name().equals(nodeName);
        yield isOurs && isListed() ? AffectedObjects.EVERYTHING : AffectedObjects.NONE;
      }
    };
  }

  @GuardedBy("this")
  private AffectedObjects replacePod(ObjectKey key, Pod after) {
    Pod before = pods.find(key);
    if (Objects.equals(before, after)) {
      return AffectedObjects.NONE;
    }
    pods.replace(before, key, after);
    Set<AddressSetKey> changed = new HashSet<>();
    sets.podChanged(before, after, namespaces.get(key.namespace()), changed::add);
    boolean local = pods.isLocal(before) || pods.isLocal(after);
    return affected(local ? Set.of(key) : Set.of(), changed);
  }

  @GuardedBy("this")
  private AffectedObjects replaceNamespace(String name, Namespace after) {
    Namespace before = after == null ? namespaces.remove(name) : namespaces.put(name, after);
    if (after == null ? before == null : after.equals(before)) {
      return AffectedObjects.NONE;
    }
    Set<AddressSetKey> changed = new HashSet<>();
    Collection<Pod> inside = pods.in(name);
    for (AddressSetKey set :
        inside.isEmpty() ? List.<AddressSetKey>of() : sets.byNamespaceLabels()) {
      for (Pod pod : inside) {
        List<Member> old = set.membersOf(pod, before);
        List<Member> now = set.membersOf(pod, after);
        if (!old.equals(now)) {
          sets.replace(set, old, now, changed::add);
        }
      }
    }
    boolean isolationChanged =
        !defaultIsolation.directions(before).equals(defaultIsolation.directions(after));
    Set<ObjectKey> local = pods.localIn(name).keySet();
    return affected(isolationChanged ? local : Set.of(), changed);
  }

  @GuardedBy("this")
  private AffectedObjects replacePolicy(ObjectKey key, NetworkPolicy after) {
    NetworkPolicy before = PodIndex.exchange(policies, key, after);
    if (after == null ? before == null : after.equals(before)) {
      return AffectedObjects.NONE;
    }
    policyIndex.replace(before, after);
    Set<ObjectKey> selected = new HashSet<>();
    for (Pod pod : pods.localIn(key.namespace()).values()) {
      if (before != null && before.selects(pod) || after != null && after.selects(pod)) {
        selected.add(pod.key());
      }
    }
    return affected(selected, Set.of());
  }

  @GuardedBy("this")
  private AffectedObjects affected(Set<ObjectKey> pods, Set<AddressSetKey> sets) {
    if (!isListed() || pods.isEmpty() && sets.isEmpty()) {
      return AffectedObjects.NONE;
    }
    return new AffectedObjects(pods, sets, false);
  }

  /**
   * Returns the pod with this key on this node; empty if it is deleted, finished, or on the host
   * network.
   */
  public synchronized Optional<Pod> localPod(ObjectKey key) {
    return Optional.ofNullable(pods.localIn(key.namespace()).get(key));
  }

  /** Returns the keys of all pods of this node that policies can select, in order. */
  public synchronized List<ObjectKey> localPods() {
    return pods.local();
  }

  /** Returns all pods of the cluster, on any node and in any phase. */
  public synchronized List<Pod> pods() {
    return pods.all();
  }

  /** Returns the pod with this key, on any node and in any phase. */
  public synchronized Optional<Pod> pod(ObjectKey key) {
    return Optional.ofNullable(pods.find(key));
  }

  /** Returns the pods at an address that policies can select; two while one of them terminates. */
  public synchronized List<Pod> podsAt(IpAddress address) {
    return pods.at(address);
  }

  /** Returns all policies of the cluster. */
  public synchronized List<NetworkPolicy> policies() {
    return policies.values().stream().flatMap(inside -> inside.values().stream()).toList();
  }

  /** Returns all policies of a namespace, in order of their names. */
  public synchronized List<NetworkPolicy> policies(String namespace) {
    return List.copyOf(policies.getOrDefault(namespace, Map.of()).values());
  }

  /** Returns the policy with this key. */
  public synchronized Optional<NetworkPolicy> policy(ObjectKey key) {
    return Optional.ofNullable(policies.getOrDefault(key.namespace(), Map.of()).get(key));
  }

  /** Returns all known nodes. */
  public synchronized List<Node> nodes() {
    return List.copyOf(nodes.values());
  }

  /** Returns all known namespaces. */
  public synchronized List<Namespace> namespaces() {
    return List.copyOf(namespaces.values());
  }

  /** Returns the namespace with this name; empty while it is not known. */
  public synchronized Optional<Namespace> namespace(String name) {
    return Optional.ofNullable(namespaces.get(name));
  }

  /** Returns the node with this name; the agent watches only its own. */
  public synchronized Optional<Node> node(String name) {
    return Optional.ofNullable(nodes.get(name));
  }

  /**
   * Returns the policies that select a pod and isolate it in a direction, in order of their names.
   */
  public synchronized List<NetworkPolicy> selecting(Pod pod, Direction direction) {
    return policyIndex.near(pod).stream()
        .filter(policy -> policy.isolates(direction) && policy.selects(pod))
        .toList();
  }

  /** Returns whether default isolation applies to a pod in a direction, regardless of policies. */
  public synchronized boolean isIsolatedByDefault(Pod pod, Direction direction) {
    return pod.hasOwnNetwork()
        && defaultIsolation.directions(namespaces.get(pod.key().namespace())).contains(direction);
  }

  /** Returns whether all policies are in audit mode on this node, so that nothing is denied. */
  public boolean auditsAll() {
    return auditsAll;
  }

  /** Starts to track the members of a set; does nothing if the set is tracked. */
  public synchronized void track(AddressSetKey set) {
    if (!sets.tracks(set)) {
      List<Member> all = new ArrayList<>();
      pods.forEachIn(set, namespaces, (pod, members) -> all.addAll(members));
      sets.track(set, all, pods.rarest(set));
    }
  }

  /** Stops tracking the members of a set. */
  public synchronized void untrack(AddressSetKey set) {
    sets.untrack(set);
  }

  /** Returns whether the members of the set are tracked. */
  public synchronized boolean isTracked(AddressSetKey set) {
    return sets.tracks(set);
  }

  /** Returns the sets whose members are tracked. */
  public synchronized Set<AddressSetKey> tracked() {
    return sets.tracked();
  }

  /**
   * Returns the members of a tracked set, in order; the result changes with the index, so use it
   * only in {@link #withLock}.
   */
  public synchronized Set<Member> members(AddressSetKey set) {
    return Collections.unmodifiableSet(sets.members(set));
  }

  /** Returns the number of members of a set; 0 if it is not tracked. */
  public synchronized int memberCount(AddressSetKey set) {
    return sets.tracks(set) ? sets.members(set).size() : 0;
  }

  /** Returns whether a tracked set has the member now. */
  public synchronized boolean hasMember(AddressSetKey set, Member member) {
    return sets.members(set).contains(member);
  }

  /**
   * Returns the members of a tracked set that may have been added or removed since the last call.
   */
  public synchronized Set<Member> takeTouched(AddressSetKey set) {
    return sets.takeTouched(set);
  }

  /**
   * Returns the pods that the peer of a set selects with the members that each contributes, in
   * order of their keys.
   */
  public synchronized Map<ObjectKey, List<Member>> matching(AddressSetKey set) {
    Map<ObjectKey, List<Member>> matching = new TreeMap<>();
    pods.forEachIn(set, namespaces, (pod, members) -> matching.put(pod.key(), members));
    return matching;
  }
}
