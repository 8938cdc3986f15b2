package io.netpol.observe.console;

import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.Enforcement;
import io.netpol.dataplane.render.Names;
import io.netpol.evaluate.PodPolicy;
import io.netpol.index.AddressSetKey;
import io.netpol.index.Cluster;
import io.netpol.model.Direction;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.ObjectKey;
import io.netpol.model.Peer;
import io.netpol.model.Pod;
import io.netpol.model.PolicyClass;
import io.netpol.model.Problem;
import io.netpol.model.Rule;
import io.netpol.net.Family;
import io.netpol.observe.ApplyHistory;
import io.netpol.route.deadletter.DeadLetter;
import io.netpol.route.deadletter.DeadLetters;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

/** Shows the current pods of the node and the policies. Thread-safe. */
public final class NodeView {

  private static final int PODS_NAMED = 20;

  private final Cluster cluster;
  private final Dataplane dataplane;
  private final DeadLetters letters;
  private final ApplyHistory history;
  private final Function<ObjectKey, List<Problem>> problems;

  /**
   * Creates the view of an agent.
   *
   * @param problems returns the invalid fields of a policy
   */
  public NodeView(
      Cluster cluster,
      Dataplane dataplane,
      DeadLetters letters,
      ApplyHistory history,
      Function<ObjectKey, List<Problem>> problems) {
    this.cluster = cluster;
    this.dataplane = dataplane;
    this.letters = letters;
    this.history = history;
    this.problems = problems;
  }

  /** The first elements of a list, and the number of the others. */
  record Page<T>(List<T> shown, int more) {}

  /** Returns the pods of this node that the filter names or whose policy it names. */
  Page<PodView> pods(ViewFilter filter) {
    // Never inside the cluster's lock: a sync takes the two locks in the other order.
    Map<Family, SortedMap<ObjectKey, Enforcement>> kernel = dataplane.enforced();
    List<DeadLetter> allLetters = letters.letters();
    List<ObjectKey> keys =
        cluster.localPods().stream()
            .filter(filter::wantsPod)
            .filter(key -> filter.policy() == null || isSelected(key, filter))
            .toList();
    List<PodView> views = new ArrayList<>();
    for (ObjectKey key : keys.subList(0, Math.min(filter.limit(), keys.size()))) {
      cluster.localPod(key).ifPresent(pod -> views.add(view(pod, kernel, allLetters)));
    }
    return new Page<>(views, Math.max(0, keys.size() - filter.limit()));
  }

  private boolean isSelected(ObjectKey key, ViewFilter filter) {
    return cluster.localPod(key).stream()
        .anyMatch(
            pod ->
                cluster.policies(key.namespace()).stream()
                    .anyMatch(policy -> filter.wantsPolicy(policy.key()) && policy.selects(pod)));
  }

  private PodView view(
      Pod pod, Map<Family, SortedMap<ObjectKey, Enforcement>> kernel, List<DeadLetter> allLetters) {
    List<PodView.Isolation> isolations = new ArrayList<>();
    boolean programmed = true;
    for (Direction direction : Direction.values()) {
      PodPolicy policy = PodPolicy.of(cluster, pod, direction);
      String chain = Names.podChain(direction, pod.key());
      List<String> rules = new ArrayList<>();
      for (Map.Entry<Family, SortedMap<ObjectKey, Enforcement>> family : kernel.entrySet()) {
        Enforcement enforced = family.getValue().get(pod.key());
        Enforcement.EnforcedChain enforcedChain =
            enforced == null ? null : enforced.chains().get(direction);
        if (enforcedChain != null) {
          rules.add(enforcedChain.rules() + " " + word(family.getKey()));
        }
        programmed &=
            enforcedChain != null || policy.isEmpty() || pod.addresses(family.getKey()).isEmpty();
      }
      if (!policy.isEmpty() || !rules.isEmpty()) {
        List<String> policies =
            policy.policies().stream()
                .flatMap(key -> cluster.policy(key).stream())
                .map(NodeView::withClass)
                .toList();
        isolations.add(new PodView.Isolation(direction.lowerCase(), policies, chain, rules));
      }
    }
    String name = pod.key().toString();
    return new PodView(
        pod.key().namespace(),
        pod.key().name(),
        pod.addresses().stream().map(Object::toString).toList(),
        programmed,
        isolations,
        sets(kernel.values(), pod.key()),
        history.lastApply(pod.key()).map(Object::toString).orElse(null),
        allLetters.stream()
            .filter(letter -> letter.pods().contains(name))
            .map(letter -> letter.id() + ": " + letter.reason())
            .toList());
  }

  /** Returns the family as people write it. */
  static String word(Family family) {
    return family == Family.IPV4 ? "IPv4" : "IPv6";
  }

  private static String withClass(NetworkPolicy policy) {
    PolicyClass found = PolicyClass.of(policy);
    return policy.key() + " (" + found.type() + ", " + found.effect() + ")";
  }

  private List<PodView.Members> sets(
      Collection<SortedMap<ObjectKey, Enforcement>> kernel, ObjectKey pod) {
    Map<String, PodView.Members> sets = new TreeMap<>();
    for (SortedMap<ObjectKey, Enforcement> family : kernel) {
      Enforcement enforced = family.get(pod);
      for (Enforcement.EnforcedSet set :
          enforced == null ? List.<Enforcement.EnforcedSet>of() : enforced.sets()) {
        sets.put(
            set.name(),
            new PodView.Members(
                set.name(),
                set.pods().map(pods -> pods.peer() + ", " + word(pods.family())).orElse("blocks"),
                set.pods().map(cluster::memberCount).orElse(set.blocks())));
      }
    }
    return List.copyOf(sets.values());
  }

  /** Returns the policies that the filter names or that select its pod. */
  Page<PolicyView> policies(ViewFilter filter) {
    List<Pod> local = new ArrayList<>();
    for (ObjectKey key : cluster.localPods()) {
      if (filter.wantsPod(key)) {
        cluster.localPod(key).ifPresent(local::add);
      }
    }
    List<NetworkPolicy> wanted =
        cluster.policies().stream()
            .filter(policy -> filter.wantsPolicy(policy.key()))
            .filter(policy -> filter.pod() == null || local.stream().anyMatch(policy::selects))
            .sorted((one, other) -> one.key().compareTo(other.key()))
            .toList();
    List<PolicyView> views =
        wanted.stream().limit(filter.limit()).map(policy -> view(policy, local)).toList();
    return new Page<>(views, Math.max(0, wanted.size() - filter.limit()));
  }

  private PolicyView view(NetworkPolicy policy, List<Pod> local) {
    PolicyClass found = PolicyClass.of(policy);
    List<String> selected =
        local.stream().filter(policy::selects).map(pod -> pod.key().toString()).toList();
    List<PolicyView.RuleView> rules = new ArrayList<>();
    for (Direction direction : Direction.values()) {
      int number = 0;
      for (Rule rule : policy.rules(direction)) {
        rules.add(
            new PolicyView.RuleView(
                direction.lowerCase(), ++number, rule.peers().stream().map(this::view).toList()));
      }
    }
    return new PolicyView(
        policy.key().namespace(),
        policy.key().name(),
        found.type(),
        found.effect(),
        selected.size(),
        selected.stream().limit(PODS_NAMED).toList(),
        rules,
        problems.apply(policy.key()).stream().map(Problem::toString).toList());
  }

  private PolicyView.PeerView view(Peer peer) {
    if (!(peer instanceof Peer.Pods)) {
      return new PolicyView.PeerView(peer.toString(), null);
    }
    Set<ObjectKey> pods = new HashSet<>();
    for (Family family : Family.values()) {
      pods.addAll(cluster.matching(new AddressSetKey(peer, family, Optional.empty())).keySet());
    }
    return new PolicyView.PeerView(peer.toString(), pods.size());
  }
}
