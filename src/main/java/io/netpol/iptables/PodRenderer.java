package io.netpol.iptables;

import static io.netpol.iptables.RuleText.rule;

import io.netpol.policy.Cidr;
import io.netpol.policy.Cluster;
import io.netpol.policy.Direction;
import io.netpol.policy.Family;
import io.netpol.policy.IpAddress;
import io.netpol.policy.NetworkPolicy;
import io.netpol.policy.ObjectKey;
import io.netpol.policy.Pod;
import io.netpol.policy.Rule;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Writes the chains of one pod from the policies that select it. */
final class PodRenderer {

  private static final String RETURN = "RETURN";

  private final Cluster cluster;
  private final RenderOptions options;
  private final Supplier<BridgePorts> ports;

  PodRenderer(Cluster cluster, RenderOptions options, Supplier<BridgePorts> ports) {
    this.cluster = cluster;
    this.options = options;
    this.ports = ports;
  }

  /**
   * What the kernel must have for the pod in a family; empty where it has no such address and is on
   * no bridge, or where nothing isolates it and packets of pods that are not isolated need no rule.
   */
  Optional<PodRules> render(Pod pod, Family family) {
    if (isWithout(pod, family)) {
      Set<Direction> closed = ports.get().shared() ? closes(pod) : Set.of();
      return closed.isEmpty()
          ? Optional.empty()
          : Optional.of(PodRules.of(pod, family, Map.of(), closed, Set.of(), Set.of()));
    }
    Map<String, List<String>> chains = new TreeMap<>();
    Set<Direction> closes = EnumSet.noneOf(Direction.class);
    PeerWriter peers = new PeerWriter(cluster, options);
    for (Direction direction : Direction.values()) {
      cluster
          .isolating(pod, direction)
          .ifPresent(
              isolating -> {
                chains.put(
                    Names.podChain(direction, pod.key()),
                    chain(pod, direction, family, isolating, peers));
                if (!cluster.isAudited(pod, direction)) {
                  closes.add(direction);
                }
              });
    }
    return chains.isEmpty() && options.unprogrammed() == RenderOptions.Unprogrammed.ALLOW
        ? Optional.empty()
        : Optional.of(PodRules.of(pod, family, chains, closes, peers.sets(), peers.pods()));
  }

  /** On a bridge every pod can speak with link-local addresses of a family that it has none of. */
  private boolean isWithout(Pod pod, Family family) {
    return pod.addresses(family).isEmpty() && !ports.get().pods().containsKey(pod.key());
  }

  private Set<Direction> closes(Pod pod) {
    Set<Direction> closes = EnumSet.noneOf(Direction.class);
    for (Direction direction : Direction.values()) {
      if (cluster.isolating(pod, direction).isPresent() && !cluster.isAudited(pod, direction)) {
        closes.add(direction);
      }
    }
    return closes;
  }

  /** What the kernel must have for a pod whose rules cannot be applied: nothing passes. */
  Optional<PodRules> renderClosed(Pod pod, Family family) {
    if (isWithout(pod, family)) {
      return render(pod, family);
    }
    Map<String, List<String>> chains = new TreeMap<>();
    Set<Direction> closes = EnumSet.noneOf(Direction.class);
    for (Direction direction : Direction.values()) {
      List<String> lines = new ArrayList<>();
      // Whoever only wants to know must not lose a connection to a failure of ours.
      boolean audited = cluster.auditsAll() || cluster.isAudited(pod, direction);
      last(pod, direction, family, audited, "its rules could not be applied", lines);
      chains.put(Names.podChain(direction, pod.key()), List.copyOf(lines));
      if (!audited) {
        closes.add(direction);
      }
    }
    return Optional.of(PodRules.of(pod, family, chains, closes, Set.of(), Set.of()));
  }

  private List<String> chain(
      Pod pod,
      Direction direction,
      Family family,
      List<NetworkPolicy> isolating,
      PeerWriter peers) {
    List<String> lines = new ArrayList<>();
    for (IpAddress own : pod.addresses(family)) {
      lines.add(rule().peer(direction, Cidr.of(own)).comment(pod.key() + " itself").jump(RETURN));
    }
    for (NetworkPolicy policy : isolating) {
      List<Rule> rules = policy.rules(direction);
      for (int i = 0; i < rules.size(); i++) {
        String why = policy.key() + " " + direction.lowerCase() + " " + (i + 1);
        lines.addAll(peers.lines(pod, direction, family, rules.get(i), why));
      }
    }
    String by =
        isolating.isEmpty()
            ? "default isolation"
            : isolating.stream()
                .map(NetworkPolicy::key)
                .map(ObjectKey::toString)
                .collect(Collectors.joining(", "));
    last(pod, direction, family, cluster.isAudited(pod, direction), by, lines);
    return List.copyOf(new LinkedHashSet<>(lines));
  }

  /** What becomes of packets that no rule before admitted. */
  private void last(
      Pod pod, Direction direction, Family family, boolean audited, String by, List<String> lines) {
    String word = audited ? " audited: " : " denied: ";
    String comment = pod.key() + " " + direction.lowerCase() + word + by;
    RenderOptions.Log log = options.log();
    String start = log.prefix() + (audited ? " audit " : " ");
    String prefix = start + direction.lowerCase() + " " + pod.key();
    String limit = RateLimit.match(log.perMinute());
    switch (log.to()) {
      case OFF -> {}
      case LOG ->
          lines.add(
              rule()
                  .match(limit)
                  .comment(comment)
                  .jump("LOG --log-prefix \"" + RuleText.clean(prefix, 28) + " \""));
      case NFLOG ->
          lines.add(
              rule()
                  .match(limit)
                  .comment(comment)
                  .jump(
                      "NFLOG --nflog-prefix \""
                          + RuleText.clean(prefix, 63)
                          + "\""
                          + (log.group() == 0 ? "" : " --nflog-group " + log.group())));
    }
    if (audited) {
      lines.add(rule().comment(comment).jump(RETURN)); // its counter is what would be denied
      return;
    }
    String unreachable = family == Family.IPV4 ? "icmp-port-unreachable" : "icmp6-port-unreachable";
    lines.add(
        rule()
            .comment(comment)
            .jump(
                options.deny() == RenderOptions.Deny.DROP
                    ? "DROP"
                    : "REJECT --reject-with " + unreachable));
  }
}
