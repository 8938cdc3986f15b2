package io.netpol.analysis.explain;

import io.netpol.analysis.explain.Explanation.Answer;
import io.netpol.analysis.explain.Explanation.Kernel;
import io.netpol.evaluate.Endpoint;
import io.netpol.evaluate.Evaluator;
import io.netpol.evaluate.NearestRule;
import io.netpol.evaluate.Verdict;
import io.netpol.evaluate.Verdict.Decision;
import io.netpol.index.Cluster;
import io.netpol.index.NodeLookup;
import io.netpol.model.Direction;
import io.netpol.model.Node;
import io.netpol.model.ObjectKey;
import io.netpol.model.Pod;
import io.netpol.model.PortMatch;
import io.netpol.net.Family;
import io.netpol.net.Protocol;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Answers questions about single connections from a cluster. */
public final class Explainer {

  private final Cluster cluster;
  private final Evaluator evaluator;
  private final NodeLookup nodes;
  private final KernelCheck kernel;

  /** One that knows of no kernel. */
  public Explainer(Cluster cluster) {
    this(cluster, NodeLookup.of(cluster), null);
  }

  /**
   * One that also says whether this node's kernel has what a verdict rests on.
   *
   * @param nodes the nodes with all local addresses that are known
   * @param kernel asked about the local pods of an answer; null where there is no kernel to ask
   */
  public Explainer(Cluster cluster, NodeLookup nodes, KernelCheck kernel) {
    this.cluster = cluster;
    this.evaluator = new Evaluator(cluster, nodes);
    this.nodes = nodes;
    this.kernel = kernel;
  }

  /**
   * Returns the answer as of now.
   *
   * @throws BadQuestionException if it names what is not there
   */
  public Explanation explain(Question question) {
    Explanation explanation = cluster.withLock(() -> answer(question));
    return kernel == null ? explanation : withKernel(explanation);
  }

  private Explanation answer(Question question) {
    Parties parties = new Parties(cluster, nodes);
    Party from = parties.find(question.from(), question.to());
    Party to = parties.find(question.to(), question.from());
    Protocol protocol = question.knownProtocol();
    List<Answer> answers = new ArrayList<>();
    for (int port : ports(question, to)) {
      for (Family family : families(from, to)) {
        add(answers, answer(family, from, to, protocol, port));
      }
    }
    return new Explanation(question, from, to, List.copyOf(answers), Map.of(), Optional.empty());
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
                first.enforced(),
                first.doubt()));
        return;
      }
    }
    answers.add(next);
  }

  private Answer answer(Family family, Party from, Party to, Protocol protocol, int port) {
    boolean addressed = !from.lacksAddress() && !to.lacksAddress();
    Endpoint sender = end(from, family);
    Endpoint receiver = end(to, family);
    Verdict verdict = evaluator.verdict(sender, receiver, protocol, port);
    Map<Direction, NearestRule> nearest = new EnumMap<>(Direction.class);
    for (Direction direction : Direction.values()) {
      if (verdict.of(direction) instanceof Decision.Denied denied) {
        evaluator
            .nearest(
                direction,
                denied,
                sender,
                receiver,
                (direction == Direction.EGRESS ? to : from).pod().filter(Pod::hostNetwork),
                protocol,
                port)
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
        Optional.of(enforced).filter(other -> !other.equals(verdict)),
        doubt(verdict, sender, receiver));
  }

  /** Returns the doubt of a denial whose other end is nobody who is known. */
  private Optional<AddressDoubt> doubt(Verdict verdict, Endpoint sender, Endpoint receiver) {
    for (Direction direction : Direction.values()) {
      Endpoint other = direction == Direction.EGRESS ? receiver : sender;
      if (verdict.of(direction) instanceof Decision.Denied denied && isNobody(other)) {
        return cluster
            .pod(denied.pod())
            .map(Pod::node)
            .filter(name -> !name.isEmpty())
            .map(name -> nodes.node(name).orElse(Node.named(name)))
            .filter(node -> node.knowledge() != Node.Knowledge.ALL)
            .map(
                node ->
                    new AddressDoubt(
                        other.address(), node.name(), node.probablyOwns(other.address())));
      }
    }
    return Optional.empty();
  }

  private boolean isNobody(Endpoint end) {
    return end.address() != null
        && end.pods().isEmpty()
        && cluster.pods().stream().noneMatch(pod -> pod.addresses().contains(end.address()))
        && nodes.nodes().stream().noneMatch(node -> node.owns(end.address()));
  }

  private static Endpoint end(Party party, Family family) {
    return party.lacksAddress()
        ? party.endpoints().values().iterator().next()
        : party.endpoints().get(family);
  }

  private static Set<Family> families(Party from, Party to) {
    Set<Family> families = EnumSet.allOf(Family.class);
    for (Party party : List.of(from, to)) {
      if (!party.lacksAddress()) {
        families.retainAll(party.endpoints().keySet());
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
          String.format(
              Locale.ROOT,
              "%s has no %s port named %s; it has %s",
              pod.key(),
              question.protocol(),
              question.port(),
              has.isEmpty() ? "no ports with names" : has));
    }
    return numbers;
  }

  private Explanation withKernel(Explanation explanation) {
    Set<ObjectKey> isolated = new TreeSet<>();
    for (Answer answer : explanation.answers()) {
      for (Direction direction : Direction.values()) {
        Optional.ofNullable(isolated(answer.verdict().of(direction))).ifPresent(isolated::add);
      }
    }
    Set<ObjectKey> local = new TreeSet<>(isolated);
    local.removeIf(pod -> cluster.localPod(pod).isEmpty());
    KernelCheck.Result found =
        local.isEmpty()
            ? new KernelCheck.Result(Map.of(), Optional.empty())
            : this.kernel.of(local);
    Map<ObjectKey, Kernel> states = new TreeMap<>();
    for (ObjectKey pod : isolated) {
      states.put(pod, local.contains(pod) ? state(found.holds().get(pod)) : Kernel.ELSEWHERE);
    }
    return new Explanation(
        explanation.question(),
        explanation.from(),
        explanation.to(),
        explanation.answers(),
        states,
        found.problem());
  }

  private static Kernel state(Boolean holds) {
    return holds == null ? Kernel.UNREAD : holds ? Kernel.HOLDS : Kernel.LACKS;
  }

  /** Returns the pod whose rules a decision rests on; null where it rests on none. */
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
