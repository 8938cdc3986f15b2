package io.netpol.evaluate;

import io.netpol.evaluate.PodPolicy.PolicyRule;
import io.netpol.evaluate.PodPolicy.TierRules;
import io.netpol.evaluate.Verdict.Decision;
import io.netpol.model.Direction;
import io.netpol.model.Peer;
import io.netpol.model.Pod;
import io.netpol.model.PortMatch;
import io.netpol.net.Protocol;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Decides about connections between a source and a destination in one direction, by port. Rules
 * whose peers do not match are left out once, instead of for every port. The decisions are those of
 * {@link Evaluator#decision} at the time of creation.
 */
public final class PortDecisions {

  /**
   * Holds a rule whose peers match the endpoint.
   *
   * @param peer the first of its peers that matches
   */
  private record Candidate(PolicyRule rule, Peer peer) {}

  private record TierCandidates(TierRules tier, List<Candidate> candidates) {}

  /**
   * Holds one pod at the address of the subject.
   *
   * @param exempt the decision that no policy can change; null if policies decide
   */
  private record Subject(Pod pod, Decision exempt, List<TierCandidates> tiers) {}

  private final Evaluator evaluator;
  private final Direction direction;
  private final Endpoint other;
  private final List<Subject> subjects = new ArrayList<>(1);

  PortDecisions(Evaluator evaluator, Direction direction, Endpoint subject, Endpoint other) {
    this(evaluator, pod -> evaluator.policy(pod, direction), direction, subject, other);
  }

  PortDecisions(
      Evaluator evaluator,
      Function<Pod, PodPolicy> policies,
      Direction direction,
      Endpoint subject,
      Endpoint other) {
    this.evaluator = evaluator;
    this.direction = direction;
    this.other = other;
    for (Pod pod : subject.pods()) {
      subjects.add(subject(pod, policies));
    }
  }

  private Subject subject(Pod pod, Function<Pod, PodPolicy> policies) {
    Decision exempt = evaluator.exempt(pod, other);
    List<TierCandidates> tiers = new ArrayList<>(1);
    for (TierRules tier : exempt == null ? policies.apply(pod).tiers() : List.<TierRules>of()) {
      List<Candidate> candidates = new ArrayList<>();
      for (PolicyRule rule : tier.rules()) {
        rule.rule().peers().stream()
            .filter(peer -> evaluator.isMeant(peer, other))
            .findFirst()
            .ifPresent(peer -> candidates.add(new Candidate(rule, peer)));
      }
      tiers.add(new TierCandidates(tier, candidates));
    }
    return new Subject(pod, exempt, tiers);
  }

  /**
   * Returns the decision on one port.
   *
   * @param protocol null for a protocol without ports, such as ICMP
   * @param port the destination port; 0 if the protocol is null
   */
  public Decision of(Protocol protocol, int port) {
    Decision first = null;
    Decision audited = null;
    for (Subject subject : subjects) {
      Decision decision = of(subject, protocol, port);
      if (!decision.allows()) {
        return decision;
      }
      first = first == null ? decision : first;
      audited = audited == null && decision instanceof Decision.Audited ? decision : audited;
    }
    return audited != null ? audited : first != null ? first : new Decision.NoPod();
  }

  private Decision of(Subject subject, Protocol protocol, int port) {
    if (subject.exempt() != null) {
      return subject.exempt();
    }
    for (TierCandidates tier : subject.tiers()) {
      Decision decision = of(subject.pod(), tier, protocol, port);
      if (decision != null) {
        return decision;
      }
    }
    return new Decision.NotIsolated(subject.pod().key());
  }

  private Decision of(Pod pod, TierCandidates tier, Protocol protocol, int port) {
    for (Candidate candidate : tier.candidates()) {
      for (PortMatch match : candidate.rule().rule().ports()) {
        Peer peer = allowingPeer(pod, candidate, match, protocol, port);
        if (peer != null) {
          return Evaluator.matched(tier.tier(), pod, candidate.rule(), peer, match);
        }
      }
    }
    return Evaluator.unmatched(tier.tier(), pod);
  }

  private Peer allowingPeer(
      Pod subject, Candidate candidate, PortMatch match, Protocol protocol, int port) {
    if (match instanceof PortMatch.Named && direction == Direction.EGRESS) {
      return candidate.rule().rule().peers().stream()
          .filter(peer -> evaluator.allows(direction, subject, other, peer, match, protocol, port))
          .findFirst()
          .orElse(null);
    }
    return Evaluator.uses(match, subject, protocol, port) ? candidate.peer() : null;
  }
}
