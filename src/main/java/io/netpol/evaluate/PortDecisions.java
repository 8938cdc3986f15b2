package io.netpol.evaluate;

import io.netpol.evaluate.Verdict.Decision;
import io.netpol.model.Direction;
import io.netpol.model.NetworkPolicy;
import io.netpol.model.Peer;
import io.netpol.model.Pod;
import io.netpol.model.PortMatch;
import io.netpol.model.Rule;
import io.netpol.net.IpAddress;
import io.netpol.net.Protocol;
import java.util.ArrayList;
import java.util.List;

/**
 * What one direction says of connections between two ends, by port. Rules that do not mean the
 * other end are left out once, instead of for every port. It answers as {@link Evaluator#decision}
 * did when this was made.
 */
public final class PortDecisions {

  /**
   * A rule that may admit the other end.
   *
   * @param peer the first of its peers that means the other end
   */
  private record Candidate(NetworkPolicy policy, int number, Rule rule, Peer peer) {}

  private record Subject(Pod pod, Decision otherwise, List<Candidate> candidates) {}

  private final Evaluator evaluator;
  private final Direction direction;
  private final End other;
  private final List<Subject> subjects = new ArrayList<>(1);

  PortDecisions(Evaluator evaluator, Direction direction, End subject, End other) {
    this.evaluator = evaluator;
    this.direction = direction;
    this.other = other;
    for (Pod pod : subject.pods()) {
      subjects.add(subject(pod, subject.address()));
    }
  }

  private Subject subject(Pod pod, IpAddress address) {
    // Without a protocol only rules that name no port pass; all else holds for every port.
    Decision otherwise =
        evaluator.decision(direction, new End(address, List.of(pod)), other, null, 0);
    List<Candidate> candidates = new ArrayList<>();
    if (!(otherwise instanceof Decision.Always) && !(otherwise instanceof Decision.NotIsolated)) {
      for (NetworkPolicy policy : evaluator.isolating(pod, direction).orElse(List.of())) {
        List<Rule> rules = policy.rules(direction);
        for (int i = 0; i < rules.size(); i++) {
          candidate(policy, i + 1, rules.get(i), candidates);
        }
      }
    }
    return new Subject(pod, otherwise, candidates);
  }

  private void candidate(NetworkPolicy policy, int number, Rule rule, List<Candidate> candidates) {
    Peer meant =
        rule.peers().stream()
            .filter(peer -> evaluator.isMeant(peer, other))
            .findFirst()
            .orElse(null);
    if (meant != null) {
      candidates.add(new Candidate(policy, number, rule, meant));
    }
  }

  /**
   * The decision on one port.
   *
   * @param protocol null for a protocol that no policy port can name, such as ICMP
   * @param port the destination port; 0 where the protocol is null
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
    for (Candidate candidate : subject.candidates()) {
      for (PortMatch match : candidate.rule().ports()) {
        Peer peer = admitting(subject.pod(), candidate, match, protocol, port);
        if (peer != null) {
          return new Decision.AllowedBy(
              subject.pod().key(), candidate.policy().key(), candidate.number(), peer, match);
        }
      }
    }
    return subject.otherwise();
  }

  private Peer admitting(
      Pod subject, Candidate candidate, PortMatch match, Protocol protocol, int port) {
    if (match instanceof PortMatch.Named && direction == Direction.EGRESS) {
      return candidate.rule().peers().stream()
          .filter(peer -> evaluator.admits(direction, subject, other, peer, match, protocol, port))
          .findFirst()
          .orElse(null);
    }
    return Evaluator.uses(match, subject, protocol, port) ? candidate.peer() : null;
  }
}
