package io.netpol.observe.metrics;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.Enforcement;
import io.netpol.index.Cluster;
import io.netpol.model.Direction;
import io.netpol.model.ObjectKey;
import io.netpol.model.Pod;
import io.netpol.net.Family;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** Counts policies and pods, and the chains and sets that the kernel has for them. */
public final class NodeMetrics implements MeterBinder {

  private final Cluster cluster;
  private final Dataplane dataplane;
  private final Set<Family> families;

  /** Creates a binder whose meters read the index and the dataplane on each scrape. */
  public NodeMetrics(Cluster cluster, Dataplane dataplane, Set<Family> families) {
    this.cluster = cluster;
    this.dataplane = dataplane;
    this.families = families;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    String policies = "NetworkPolicies by scope: cluster, or node (they select a Pod of this node)";
    gauge(registry, "netpol.policies", policies, "scope", "cluster", c -> c.policies().size());
    gauge(registry, "netpol.policies", policies, "scope", "node", NodeMetrics::localPolicies);
    Gauge.builder("netpol.node.known", cluster, c -> c.node(c.nodeName()).isPresent() ? 1 : 0)
        .description("1 if the API server has a Node with the agent's name, else 0")
        .register(registry);
    String pods = "Pods by scope: cluster, or node (Pods of this node that policies can select)";
    gauge(registry, "netpol.pods", pods, "scope", "cluster", c -> c.pods().size());
    gauge(registry, "netpol.pods", pods, "scope", "node", c -> c.localPods().size());
    for (Direction direction : Direction.values()) {
      Gauge.builder("netpol.pods.isolated", () -> isolated(direction))
          .description("Pods of this node that have a chain in the kernel")
          .tag("direction", direction.lowerCase())
          .register(registry);
    }
    for (Family family : families) {
      String name = family.name().toLowerCase(Locale.ROOT);
      Gauge.builder("netpol.sets", () -> sets(family).size())
          .description("Sets that the rules of this node match against")
          .tag("family", name)
          .register(registry);
      Gauge.builder("netpol.set.members", () -> members(family))
          .description("Members of all sets that the rules of this node match against")
          .tag("family", name)
          .register(registry);
    }
  }

  private void gauge(
      MeterRegistry registry,
      String name,
      String description,
      String tag,
      String value,
      ToDoubleFunction<Cluster> count) {
    Gauge.builder(name, cluster, count).description(description).tag(tag, value).register(registry);
  }

  private static double localPolicies(Cluster cluster) {
    return cluster.withLock(
        () -> {
          Map<String, List<Pod>> local = new HashMap<>();
          for (ObjectKey key : cluster.localPods()) {
            cluster
                .localPod(key)
                .ifPresent(
                    pod -> local.computeIfAbsent(key.namespace(), n -> new ArrayList<>()).add(pod));
          }
          return local.entrySet().stream()
              .flatMap(
                  inside ->
                      cluster.policies(inside.getKey()).stream()
                          .filter(policy -> inside.getValue().stream().anyMatch(policy::selects)))
              .count();
        });
  }

  private double isolated(Direction direction) {
    return dataplane.enforced().values().stream()
        .map(SortedMap::entrySet)
        .flatMap(Collection::stream)
        .filter(pod -> pod.getValue().chains().containsKey(direction))
        .map(Map.Entry::getKey)
        .distinct()
        .count();
  }

  private Collection<Enforcement.EnforcedSet> sets(Family family) {
    SortedMap<ObjectKey, Enforcement> rules = dataplane.enforced().get(family);
    return rules == null
        ? Set.of()
        : rules.values().stream()
            .flatMap(pod -> pod.sets().stream())
            .collect(
                Collectors.toMap(
                    Enforcement.EnforcedSet::name, Function.identity(), (one, same) -> one))
            .values();
  }

  private double members(Family family) {
    return sets(family).stream()
        .mapToInt(set -> set.pods().map(cluster::memberCount).orElse(set.blocks()))
        .sum();
  }
}
