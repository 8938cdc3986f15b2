package io.netpol.dataplane.reconcile;

import io.netpol.dataplane.render.Names;
import io.netpol.index.AddressSetKey;
import io.netpol.index.Cluster;
import io.netpol.model.Direction;
import io.netpol.model.ObjectKey;
import io.netpol.model.Pod;
import io.netpol.net.Family;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Adopts the rules that the previous agent left in the kernel for the pods of the node. */
final class AdoptedRules {

  private final Family family;
  private final FamilyBackend backend;
  private final Cluster cluster;
  private final Function<Pod, Optional<PodChains>> renderer;
  private final ObservedState observed;

  /** The words of the rules in the dispatch chains. */
  private final Set<String> dispatched = new HashSet<>();

  AdoptedRules(
      Family family,
      FamilyBackend backend,
      Cluster cluster,
      Function<Pod, Optional<PodChains>> renderer,
      ObservedState observed) {
    this.family = family;
    this.backend = backend;
    this.cluster = cluster;
    this.renderer = renderer;
    this.observed = observed;
    observed
        .chains()
        .forEach(
            (chain, rules) -> {
              if (chain.startsWith(Names.FROM) || chain.startsWith(Names.TO)) {
                rules.forEach(rule -> dispatched.addAll(ObservedState.words(rule)));
              }
            });
  }

  /** Returns the chains that the kernel has for each pod; empty if it has none. */
  Map<ObjectKey, Optional<PodChains>> ofLocalPods() {
    Map<ObjectKey, Optional<PodChains>> found = new HashMap<>();
    for (ObjectKey key : cluster.localPods()) {
      found.put(key, cluster.localPod(key).flatMap(this::of));
    }
    return found;
  }

  /** Returns whether the kernel leads all addresses of the pod to chains, not those of before. */
  private boolean isDispatched(Pod pod) {
    return pod.addresses(family).stream()
        .allMatch(address -> dispatched.contains(backend.dispatchWord(address)));
  }

  private Optional<PodChains> of(Pod pod) {
    Set<String> words = new HashSet<>();
    Map<String, List<String>> chains = new TreeMap<>();
    for (Direction direction : Direction.values()) {
      String name = backend.chainName(Names.podChain(direction, pod.key()));
      List<String> rules = observed.chains().get(name);
      if (rules != null && !pod.addresses(family).isEmpty() && isDispatched(pod)) {
        chains.put(name, List.copyOf(rules));
        rules.forEach(rule -> words.addAll(ObservedState.words(rule)));
      }
    }
    if (chains.isEmpty()) {
      // If unprogrammed pods are denied, each pod that nothing isolates has an entry too.
      boolean known =
          pod.addresses(family).stream()
              .anyMatch(a -> dispatched.contains(backend.dispatchWord(a)));
      return known
          ? renderer.apply(pod).filter(rules -> rules.chains().isEmpty())
          : Optional.empty();
    }
    // Tracks the sets that these chains use and that the policies of the pod still select.
    Set<KernelSet> sets = new HashSet<>();
    Set<Direction> denies = new HashSet<>();
    renderer
        .apply(pod)
        .ifPresent(
            rules -> {
              sets.addAll(rules.sets());
              denies.addAll(rules.denies());
            });
    sets.removeIf(set -> !words.contains(set.name()));
    Set<AddressSetKey> pods =
        sets.stream().flatMap(set -> set.pods().stream()).collect(Collectors.toSet());
    pods.forEach(cluster::track);
    return Optional.of(PodChains.of(pod.key(), pod.addresses(family), chains, denies, sets, pods));
  }
}
