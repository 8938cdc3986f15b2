package io.netpol.analysis.matrix;

import io.netpol.analysis.explain.BadQuestionException;
import io.netpol.evaluate.Verdict;
import io.netpol.evaluate.Verdict.Decision;
import io.netpol.index.Cluster;
import io.netpol.model.Direction;
import io.netpol.model.Node;
import io.netpol.model.ObjectKey;
import io.netpol.model.Pod;
import io.netpol.net.Quote;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToIntFunction;

/** Who reaches whom. It answers of the cluster as it was when the matrix was made. */
public final class Matrix {

  private final MatrixQuery asked;
  private final Cluster cluster;
  private final Conditions conditions;
  private final List<EquivalenceClass> units;
  private final MatrixEvaluator judge;
  private final List<Group> groups;

  private Matrix(MatrixQuery asked, EndpointInventory census) {
    this.asked = asked;
    this.cluster = census.cluster();
    this.conditions = Conditions.of(asked, census.matches(), census.numbers(), census.families());
    this.units = EquivalenceClass.of(List.of(census));
    this.judge =
        new MatrixEvaluator(
            census, conditions, units.stream().map(unit -> unit.views().get(0)).toList());
    this.groups = Groups.of(units, true);
  }

  /**
   * Looks at a cluster, which must not change as long as cells are asked for.
   *
   * @throws BadQuestionException if a namespace that is asked about is not there, or no pod has a
   *     port of the name
   */
  public static Matrix of(Cluster cluster, MatrixQuery asked) {
    for (String name : asked.namespaces()) {
      if (cluster.namespace(name).isEmpty()
          && cluster.pods().stream().noneMatch(pod -> pod.key().namespace().equals(name))) {
        throw new BadQuestionException("there is no namespace " + Quote.quote(name));
      }
    }
    asked
        .named()
        .filter(port -> cluster.pods().stream().allMatch(pod -> pod.portNumbers(port).isEmpty()))
        .ifPresent(
            port -> {
              throw new BadQuestionException(
                  "no pod has a " + port.protocol() + " port named " + Quote.quote(port.name()));
            });
    EndpointInventory census =
        new EndpointInventory(cluster, asked, EndpointInventory.blocksOf(cluster, asked));
    census.leaveOut(census.likeTheWorld());
    return new Matrix(asked, census);
  }

  /** What was asked. */
  public MatrixQuery asked() {
    return asked;
  }

  /** The rows, which are the columns too. */
  public List<Group> groups() {
    return groups;
  }

  /** How many kinds of members are told apart; more than groups where these are merged. */
  public int distinct() {
    return units.size();
  }

  /**
   * The blocks whose addresses may be local to nodes, which their pods always reach: nobody said,
   * and such addresses mostly are.
   */
  public List<String> perhapsNodes() {
    Set<Node> nodes = new HashSet<>();
    for (Pod pod : cluster.pods()) {
      nodes.add(cluster.node(pod.node()).orElse(Node.named(pod.node())));
    }
    return units.stream()
        .filter(unit -> unit.kind() == EquivalenceClass.Kind.OUTSIDE)
        .flatMap(unit -> unit.views().get(0).members().stream())
        .filter(
            member ->
                !member.name().equals(ExternalEndpoints.WORLD)
                    && member.ends().values().stream()
                        .anyMatch(e -> nodes.stream().anyMatch(n -> n.probablyOwns(e.address()))))
        .map(Member::name)
        .sorted()
        .toList();
  }

  /** The ports that rules name, in words. */
  public List<String> ports() {
    return conditions.named();
  }

  /** Whether all, some or none of the connections from one group to another are allowed. */
  public MatrixEntry.State state(Group from, Group to) {
    if (!from.isPods() && !to.isPods()) {
      return MatrixEntry.State.NONE;
    }
    boolean some = false;
    boolean all = true;
    boolean any = false;
    boolean audited = false;
    for (int one : from.units()) {
      for (int two : to.units()) {
        BitSet possible = judge.possible(one, two);
        if (possible.isEmpty()) {
          continue;
        }
        BitSet allowed = judge.allowed(one, two, possible);
        any = true;
        some |= !allowed.isEmpty();
        all &= allowed.equals(possible);
        audited |= judge.isAudited(one, two, possible);
        if (some && !all) {
          return MatrixEntry.State.SOME;
        }
      }
    }
    if (!any) {
      return MatrixEntry.State.NONE;
    }
    return all
        ? audited ? MatrixEntry.State.AUDITED : MatrixEntry.State.ALLOWED
        : MatrixEntry.State.DENIED;
  }

  /** All that can be said of connections from one group to another. */
  public MatrixEntry cell(Group from, Group to) {
    MatrixEntry.State state = state(from, to);
    if (state == MatrixEntry.State.NONE || from.isMerged() || to.isMerged()) {
      return new MatrixEntry(state, "", List.of());
    }
    int one = from.units().get(0);
    int two = to.units().get(0);
    BitSet possible = judge.possible(one, two);
    BitSet allowed = judge.allowed(one, two, possible);
    Map<Object, BitSet> alike = new LinkedHashMap<>();
    Map<Object, Verdict> verdicts = new LinkedHashMap<>();
    // A decision may name thousands of policies, and be that of thousands of ports.
    Map<Decision, Integer> numbers = new IdentityHashMap<>();
    Map<Object, Integer> likenesses = new HashMap<>();
    ToIntFunction<Decision> number =
        decision ->
            numbers.computeIfAbsent(
                decision, d -> likenesses.computeIfAbsent(likeness(d), like -> likenesses.size()));
    for (int i = possible.nextSetBit(0); i >= 0; i = possible.nextSetBit(i + 1)) {
      Verdict verdict =
          new Verdict(
              judge.decision(Direction.EGRESS, one, two, i),
              judge.decision(Direction.INGRESS, two, one, i));
      List<Integer> key =
          List.of(number.applyAsInt(verdict.egress()), number.applyAsInt(verdict.ingress()));
      alike.computeIfAbsent(key, k -> new BitSet()).set(i);
      verdicts.putIfAbsent(key, verdict);
    }
    List<MatrixEntry.Answer> answers = new ArrayList<>();
    for (boolean good : new boolean[] {true, false}) {
      verdicts.forEach(
          (key, verdict) -> {
            if (verdict.allowed() == good) {
              answers.add(
                  new MatrixEntry.Answer(conditions.words(alike.get(key), possible), verdict));
            }
          });
    }
    String some = state == MatrixEntry.State.SOME ? conditions.words(allowed, possible) : "";
    return new MatrixEntry(state, some, List.copyOf(answers));
  }

  /** What of a decision does not depend on the pod that stands for the others. */
  private static Object likeness(Decision decision) {
    if (decision instanceof Decision.AllowedBy by) {
      return List.of(by.policy(), by.rule(), by.peer(), by.port());
    } else if (decision instanceof Decision.Denied denied) {
      List<ObjectKey> policies = denied.policies();
      return List.of("denied", policies);
    } else if (decision instanceof Decision.Audited audited) {
      return List.of("audited", audited.policies());
    } else if (decision instanceof Decision.Always always) {
      return always.reason();
    }
    return decision.getClass();
  }

  private static String names(List<ObjectKey> policies) {
    return policies.isEmpty()
        ? "default isolation"
        : String.join(", ", policies.stream().map(ObjectKey::toString).toList());
  }

  /** A word for one end's part in a verdict, which names policies and rules, but no pod. */
  public static String because(Decision decision, Direction direction) {
    if (decision instanceof Decision.AllowedBy by) {
      return by.policy() + " rule " + by.rule() + " (" + by.peer() + ", " + by.port() + ")";
    } else if (decision instanceof Decision.Audited audited) {
      return "audited only, no rule matches; would be denied by " + names(audited.policies());
    } else if (decision instanceof Decision.Denied denied) {
      return "denied, no rule matches; isolated by " + names(denied.policies());
    } else if (decision instanceof Decision.Always always) {
      return always.reason().sentence();
    } else if (decision instanceof Decision.NoPod) {
      return "policies hold pods only";
    }
    return "no policy isolates it for " + direction.lowerCase();
  }
}
