package io.netpol.policy.explain;

import io.netpol.policy.Cluster;
import io.netpol.policy.Direction;
import io.netpol.policy.End;
import io.netpol.policy.Evaluator;
import io.netpol.policy.Family;
import io.netpol.policy.NearestRule;
import io.netpol.policy.ObjectKey;
import io.netpol.policy.Pod;
import io.netpol.policy.PortMatch;
import io.netpol.policy.Protocol;
import io.netpol.policy.Verdict;
import io.netpol.policy.Verdict.Decision;
import io.netpol.policy.explain.Explanation.Answer;
import io.netpol.policy.explain.Explanation.Kernel;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Answers questions about single connections from a cluster. */
public final class Explainer {

  private final Cluster cluster;
  private final Evaluator evaluator;
  private final Predicate<ObjectKey> programmed;

  /** One that knows of no kernel. */
  public Explainer(Cluster cluster) {
    this(cluster, null);
  }

  /**
   * One that also says whether this node's kernel has what a verdict rests on.
   *
   * @param programmed whether the kernel holds a local pod's rules as they are wanted now
   */
  public Explainer(Cluster cluster, Predicate<ObjectKey> programmed) {
    this.cluster = cluster;
    this.evaluator = new Evaluator(cluster);
    this.programmed = programmed;
  }

  /**
   * The answer as of now.
   *
   * @throws BadQuestionException if it names what is not there
   */
  public Explanation explain(Question question) {
    Explanation explanation = cluster.consistently(() -> answer(question));
    return programmed == null ? explanation : withKernel(explanation);
  }

  private Explanation answer(Question question) {
    Parties parties = new Parties(cluster);
    Party from = parties.find(question.from(), question.to());
    Party to = parties.find(question.to(), question.from());
    Protocol protocol = question.knownProtocol();
    List<Answer> answers = new ArrayList<>();
    for (int port : ports(question, to)) {
      for (Family family : families(from, to)) {
        add(answers, answer(family, from, to, protocol, port));
      }
    }
    return new Explanation(question, from, to, List.copyOf(answers), Map.of());
  }

  private static void add(List<Answer> answers, Answer next) {
    for (int i = 0; i < answers.size(); i++) {
      Answer first = answers.get(i);
      if (first.isLike(next)) {
        Set<Family> both = EnumSet.copyOf(first.families());
        both.addAll(next.families());
        answers.set(
            i,
            new Answer(
                both,
                first.addressed(),
                first.protocol(),
                first.port(),
                first.verdict(),
                first.nearest(),
                first.enforced()));
        return;
      }
    }
    answers.add(next);
  }

  private Answer answer(Family family, Party from, Party to, Protocol protocol, int port) {
    boolean addressed = !from.lacksAddress() && !to.lacksAddress();
    End sender = end(from, family);
    End receiver = end(to, family);
    Verdict verdict = evaluator.verdict(sender, receiver, protocol, port);
    Map<Direction, NearestRule> nearest = new EnumMap<>(Direction.class);
    for (Direction direction : Direction.values()) {
      if (verdict.of(direction) instanceof Decision.Denied denied) {
        evaluator
            .nearest(direction, denied, sender, receiver, protocol, port)
            .ifPresent(rule -> nearest.put(direction, rule));
      }
    }
    Verdict enforced = evaluator.ifEnforced().verdict(sender, receiver, protocol, port);
    return new Answer(
        EnumSet.of(family),
        addressed,
        protocol,
        port,
        verdict,
        nearest,
        Optional.of(enforced).filter(other -> !other.equals(verdict)));
  }

  private static End end(Party party, Family family) {
    return party.lacksAddress()
        ? party.ends().values().iterator().next()
        : party.ends().get(family);
  }

  private static Set<Family> families(Party from, Party to) {
    Set<Family> families = EnumSet.allOf(Family.class);
    for (Party party : List.of(from, to)) {
      if (!party.lacksAddress()) {
        families.retainAll(party.ends().keySet());
      }
    }
    if (from.lacksAddress() && to.lacksAddress()) {
      families.remove(Family.IPV6); // one stands for both
    }
    if (families.isEmpty()) {
      throw new BadQuestionException(
          from.name() + " and " + to.name() + " have no address of one family: they can't connect");
    }
    return families;
  }

  private static List<Integer> ports(Question question, Party to) {
    if (question.knownProtocol() == null) {
      return List.of(0);
    } else if (!question.hasNamedPort()) {
      return List.of(Integer.parseInt(question.port()));
    }
    if (to.pod().isEmpty()) {
      throw new BadQuestionException(
          "port "
              + question.port()
              + " is a name, and "
              + to.name()
              + " is no pod that could have it");
    }
    Pod pod = to.pod().get();
    List<Integer> numbers =
        pod.portNumbers(new PortMatch.Named(question.knownProtocol(), question.port()));
    if (numbers.isEmpty()) {
      String has =
          pod.ports().stream()
              .filter(port -> !port.name().isEmpty())
              .map(port -> port.name() + " (" + port.protocol() + " " + port.number() + ")")
              .collect(Collectors.joining(", "));
      throw new BadQuestionException(
          "%s has no %s port named %s; it has %s"
              .formatted(
                  pod.key(),
                  question.protocol(),
                  question.port(),
                  has.isEmpty() ? "no ports with names" : has));
    }
    return numbers;
  }

  private Explanation withKernel(Explanation explanation) {
    Map<ObjectKey, Kernel> kernel = new TreeMap<>();
    for (Answer answer : explanation.answers()) {
      for (Direction direction : Direction.values()) {
        ObjectKey pod = isolated(answer.verdict().of(direction));
        if (pod != null) {
          kernel.put(
              pod,
              cluster.localPod(pod).isEmpty()
                  ? Kernel.ELSEWHERE
                  : programmed.test(pod) ? Kernel.HOLDS : Kernel.LACKS);
        }
      }
    }
    return new Explanation(
        explanation.question(),
        explanation.from(),
        explanation.to(),
        explanation.answers(),
        kernel);
  }

  /** The pod whose rules a decision rests on; null where it rests on none. */
  private static ObjectKey isolated(Decision decision) {
    if (decision instanceof Decision.AllowedBy allowed) {
      return allowed.pod();
    }
    if (decision instanceof Decision.Audited audited) {
      return audited.pod();
    }
    return decision instanceof Decision.Denied denied ? denied.pod() : null;
  }
}
