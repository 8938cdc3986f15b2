package io.netpol.dataplane.reconcile;

import io.netpol.dataplane.render.Names;
import io.netpol.index.Cluster;
import io.netpol.model.Direction;
import io.netpol.model.ObjectKey;
import io.netpol.model.Pod;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/** Checks whether the kernel has what a pod needs, rule by rule and member by member. */
record EnforcementCheck(
    Cluster cluster,
    FamilyBackend backend,
    boolean usesSets,
    Function<Pod, Optional<PodChains>> renderer,
    ObservedState observed) {

  /**
   * Returns whether the kernel has exactly the dispatch to the pod's chains, these chains, and
   * their sets.
   *
   * @param base returns the desired base chains for given rules of the pod
   */
  boolean matches(ObjectKey key, Function<Optional<PodChains>, Map<String, List<String>>> base) {
    Optional<PodChains> needed = cluster.localPod(key).flatMap(renderer);
    Map<String, List<String>> way = base.apply(needed);
    Map<String, List<String>> chains = needed.map(PodChains::chains).orElse(Map.of());
    boolean hooked = way.containsKey(backend.chainName(Names.FORWARD));
    return hasAll(way)
        && (!hooked || backend.isHooked(observed))
        && hasAll(chains)
        && Stream.of(Direction.values())
            .map(direction -> backend.chainName(Names.podChain(direction, key)))
            .filter(chain -> !chains.containsKey(chain))
            .noneMatch(chain -> observed.chains().containsKey(chain))
        && (!usesSets || needed.stream().flatMap(r -> r.sets().stream()).allMatch(this::has));
  }

  private boolean hasAll(Map<String, List<String>> chains) {
    return chains.entrySet().stream()
        .allMatch(chain -> chain.getValue().equals(observed.chains().get(chain.getKey())));
  }

  private boolean has(KernelSet set) {
    ObservedSet has = observed.sets().get(set.name());
    Set<String> entries = new HashSet<>(set.entries());
    set.pods()
        .ifPresent(
            pods ->
                cluster
                    .matching(pods)
                    .values()
                    .forEach(members -> members.forEach(m -> entries.add(KernelSet.text(m)))));
    return has != null && set.isLike(has) && has.entries().equals(entries);
  }
}
