package io.netpol.dataplane.render;

import io.netpol.dataplane.render.Match.Address;
import io.netpol.dataplane.render.RuleLabel.Verdict;
import io.netpol.evaluate.PodPolicy;
import io.netpol.evaluate.PodPolicy.PolicyRule;
import io.netpol.evaluate.PodPolicy.TierRules;
import io.netpol.index.Cluster;
import io.netpol.model.Direction;
import io.netpol.model.Pod;
import io.netpol.model.RuleAction;
import io.netpol.net.Cidr;
import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** Renders the chains of one pod from its {@link io.netpol.evaluate.PodPolicy}. */
public final class PodRenderer {

  private final Cluster cluster;
  private final RenderOptions options;
  private final Supplier<BridgePorts> ports;

  /**
   * Makes a renderer for a cluster. Callers must hold the lock of the cluster.
   *
   * @param ports returns the bridge ports as currently known
   */
  public PodRenderer(Cluster cluster, RenderOptions options, Supplier<BridgePorts> ports) {
    this.cluster = cluster;
    this.options = options;
    this.ports = ports;
  }

  /**
   * Renders the rules of a pod in a family; empty if the pod has no such address and is on no
   * bridge, or if nothing isolates it and pods that are not isolated need no rules.
   */
  public Optional<PodRules> render(Pod pod, Family family) {
    if (isWithout(pod, family)) {
      Set<Direction> closed = ports.get().shared() ? denies(pod) : Set.of();
      return closed.isEmpty()
          ? Optional.empty()
          : Optional.of(rules(pod, family, Map.of(), closed, new PeerRules(cluster, options)));
    }
    Map<Direction, Chain> chains = new EnumMap<>(Direction.class);
    Set<Direction> denies = EnumSet.noneOf(Direction.class);
    PeerRules peers = new PeerRules(cluster, options);
    for (Direction direction : Direction.values()) {
      PodPolicy policy = PodPolicy.of(cluster, pod, direction);
      if (!policy.isEmpty()) {
        chains.put(direction, chain(pod, family, policy, peers));
      }
      if (policy.denies()) {
        denies.add(direction);
      }
    }
    return chains.isEmpty() && options.unprogrammed() == RenderOptions.Unprogrammed.ALLOW
        ? Optional.empty()
        : Optional.of(rules(pod, family, chains, denies, peers));
  }

  private static PodRules rules(
      Pod pod,
      Family family,
      Map<Direction, Chain> chains,
      Set<Direction> denies,
      PeerRules peers) {
    return new PodRules(
        pod.key(), pod.addresses(family), chains, denies, peers.sets(), peers.pods());
  }

  /**
   * Returns whether the family cannot concern the pod. On a bridge, every pod can use link-local
   * addresses, even of a family in which it has no address.
   */
  private boolean isWithout(Pod pod, Family family) {
    return pod.addresses(family).isEmpty() && !ports.get().pods().containsKey(pod.key());
  }

  private Set<Direction> denies(Pod pod) {
    Set<Direction> denies = EnumSet.noneOf(Direction.class);
    for (Direction direction : Direction.values()) {
      if (PodPolicy.of(cluster, pod, direction).denies()) {
        denies.add(direction);
      }
    }
    return denies;
  }

  /**
   * Renders the rules of a pod whose own rules the kernel refuses: they deny everything, except if
   * all its policies are in audit mode.
   */
  public Optional<PodRules> renderQuarantined(Pod pod, Family family) {
    if (isWithout(pod, family)) {
      return render(pod, family);
    }
    Map<Direction, Chain> chains = new EnumMap<>(Direction.class);
    Set<Direction> denies = EnumSet.noneOf(Direction.class);
    for (Direction direction : Direction.values()) {
      // Audit mode must not deny a connection because of a failure of the agent.
      PodPolicy policy = PodPolicy.of(cluster, pod, direction);
      boolean auditMode = cluster.auditsAll() || policy.isolates() && !policy.denies();
      Verdict verdict = verdict(auditMode);
      RuleLabel.OfVerdict label =
          new RuleLabel.OfVerdict(pod.key(), direction, verdict, "its rules could not be applied");
      chains.put(direction, chain(pod, direction, last(label)));
      if (verdict == Verdict.DENIED) {
        denies.add(direction);
      }
    }
    return Optional.of(rules(pod, family, chains, denies, new PeerRules(cluster, options)));
  }

  private static Verdict verdict(boolean audited) {
    return audited ? Verdict.AUDITED : Verdict.DENIED;
  }

  private static Chain chain(Pod pod, Direction direction, List<Rule> rules) {
    return new Chain(Names.podChain(direction, pod.key()), rules);
  }

  private Chain chain(Pod pod, Family family, PodPolicy policy, PeerRules peers) {
    Direction direction = policy.direction();
    List<Rule> rules = new ArrayList<>();
    for (IpAddress own : pod.addresses(family)) {
      rules.add(
          Rule.of(
              new RuleLabel.Itself(pod.key()),
              new Action.Return(),
              new Match.InBlock(Address.ofPeer(direction), Cidr.of(own))));
    }
    for (TierRules tier : policy.tiers()) {
      for (PolicyRule rule : tier.rules()) {
        if (rule.action() != RuleAction.ACCEPT) {
          throw new IllegalArgumentException(
              "no back-end has rules that " + rule.action() + " yet");
        }
        RuleLabel.OfPolicy label =
            new RuleLabel.OfPolicy(rule.policy(), direction, rule.number(), "");
        rules.addAll(peers.rules(pod, family, rule.rule(), label));
      }
      if (tier.isolates()) {
        Verdict verdict = verdict(tier.auditMode());
        rules.addAll(last(RuleLabel.OfVerdict.by(pod.key(), direction, verdict, tier.policies())));
      }
    }
    return chain(pod, direction, rules);
  }

  /** Returns the rules for packets that no earlier rule allows. */
  private List<Rule> last(RuleLabel.OfVerdict label) {
    boolean audited = label.verdict() == Verdict.AUDITED;
    RenderOptions.Log log = options.log();
    LogPrefix prefix = new LogPrefix(log.prefix(), audited, label.direction(), label.pod());
    Match rate = new Match.RateLimit(log.perMinute());
    List<Rule> rules = new ArrayList<>();
    switch (log.to()) {
      case OFF -> {}
      case LOG -> rules.add(Rule.of(label, new Action.Log(prefix), rate));
      case NFLOG -> rules.add(Rule.of(label, new Action.NfLog(prefix, log.group()), rate));
    }
    // In audit mode, the counter of the rule counts what would be denied.
    Action denied =
        options.deny() == RenderOptions.Deny.DROP ? new Action.Drop() : new Action.Reject();
    rules.add(Rule.of(label, audited ? new Action.Return() : denied));
    return rules;
  }
}
