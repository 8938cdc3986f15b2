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

/**
 * Tells which groups of members may connect to which, in the cluster as it was when the matrix was
 * made.
 */
public final class Matrix {

  private final MatrixQuery query;
  private final Cluster cluster;
  private final Conditions conditions;
  private final List<EquivalenceClass> classes;
  private final MatrixEvaluator evaluator;
  private final List<Group> groups;

  private Matrix(MatrixQuery query, EndpointInventory inventory) {
    this.query = query;
    this.cluster = inventory.cluster();
    this.conditions =
        Conditions.of(query, inventory.matches(), inventory.numbers(), inventory.families());
    this.classes = EquivalenceClass.of(List.of(inventory));
    this.evaluator =
        new MatrixEvaluator(
            inventory, conditions, classes.stream().map(each -> each.views().get(0)).toList());
    this.groups = Groups.of(classes, true);
  }

  /**
   * Looks at a cluster, which must not change as long as cells are asked for.
   *
   * @throws BadQuestionException if a namespace that is asked about is not there, or no pod has a
   *     port of the name
   */
  public static Matrix of(Cluster cluster, MatrixQuery query) {
    for (String name : query.namespaces()) {
      if (cluster.namespace(name).isEmpty()
          && cluster.pods().stream().noneMatch(pod -> pod.key().namespace().equals(name))) {
        throw new BadQuestionException("there is no namespace " + Quote.quote(name));
      }
    }
    query
        .named()
        .filter(port -> cluster.pods().stream().allMatch(pod -> pod.portNumbers(port).isEmpty()))
        .ifPresent(
            port -> {
              throw new BadQuestionException(
                  "no pod has a " + port.protocol() + " port named " + Quote.quote(port.name()));
            });
    EndpointInventory inventory =
        new EndpointInventory(cluster, query, EndpointInventory.blocksOf(cluster, query));
    inventory.leaveOut(inventory.likeTheWorld());
    return new Matrix(query, inventory);
  }

  /** Returns what was asked. */
  public MatrixQuery query() {
    return query;
  }

  /** Returns the rows, which are the columns too. */
  public List<Group> groups() {
    return groups;
  }

  /** Returns how many kinds of members are told apart; more than groups where these are merged. */
  public int distinct() {
    return classes.size();
  }

  /**
   * Returns the blocks whose addresses may be local to nodes, which their pods always reach: nobody
   * said, and such addresses mostly are.
   */
  public List<String> perhapsNodes() {
    Set<Node> nodes = new HashSet<>();
    for (Pod pod : cluster.pods()) {
      nodes.add(cluster.node(pod.node()).orElse(Node.named(pod.node())));
    }
    return classes.stream()
        .filter(each -> each.kind() == EquivalenceClass.Kind.OUTSIDE)
        .flatMap(each -> each.views().get(0).members().stream())
        .filter(
            member ->
                !member.name().equals(ExternalEndpoints.WORLD)
                    && member.endpoints().values().stream()
                        .anyMatch(e -> nodes.stream().anyMatch(n -> n.probablyOwns(e.address()))))
        .map(Member::name)
        .sorted()
        .toList();
  }

  /** Returns the ports that rules name, in words. */
  public List<String> ports() {
    return conditions.named();
  }

  /** Returns whether all, some or none of the connections from one group to another are allowed. */
  public MatrixEntry.State state(Group from, Group to) {
    if (!from.isPods() && !to.isPods()) {
      return MatrixEntry.State.NONE;
    }
    boolean some = false;
    boolean all = true;
    boolean any = false;
    boolean audited = false;
    for (int one : from.classes()) {
      for (int two : to.classes()) {
        BitSet possible = evaluator.possible(one, two);
        if (possible.isEmpty()) {
          continue;
        }
        BitSet allowed = evaluator.allowed(one, two, possible);
        any = true;
        some |= !allowed.isEmpty();
        all &= allowed.equals(possible);
        audited |= evaluator.isAudited(one, two, possible);
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

  /** Returns all that can be said of connections from one group to another. */
  public MatrixEntry cell(Group from, Group to) {
    MatrixEntry.State state = state(from, to);
    if (state == MatrixEntry.State.NONE || from.isMerged() || to.isMerged()) {
      return new MatrixEntry(state, "", List.of());
    }
    int one = from.classes().get(0);
    int two = to.classes().get(0);
    BitSet possible = evaluator.possible(one, two);
    BitSet allowed = evaluator.allowed(one, two, possible);
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
              evaluator.decision(Direction.EGRESS, one, two, i),
              evaluator.decision(Direction.INGRESS, two, one, i));
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

  /** Returns what of a decision does not depend on the pod that stands for the others. */
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

  /** Returns a word for one end's part in a verdict, which names policies and rules, but no pod. */
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
