package io.netpol.analysis.matrix;

import io.netpol.evaluate.Endpoint;
import io.netpol.evaluate.Evaluator;
import io.netpol.evaluate.PodPolicy;
import io.netpol.evaluate.PortDecisions;
import io.netpol.evaluate.Verdict.Decision;
import io.netpol.index.Cluster;
import io.netpol.model.Direction;
import io.netpol.model.ObjectKey;
import io.netpol.model.PortMatch;
import io.netpol.model.Rule;
import io.netpol.net.Family;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * Evaluates connections between equivalence classes, in one state of the cluster. The decision for
 * two members is that for their classes; and where the rules of a pod do not tell two classes
 * apart, it is the same for both.
 */
final class MatrixEvaluator {

  private final Cluster cluster;
  private final Evaluator evaluator;
  private final EndpointInventory inventory;
  private final Conditions conditions;
  private final List<EquivalenceClass.View> views;
  private final Map<Object, Side> sides = new HashMap<>();
  private final Map<Object, Map<Family, Optional<PortDecisions>>> exempt = new HashMap<>();
  private final List<Map<Direction, Side>> sideOf = new ArrayList<>();

  MatrixEvaluator(
      EndpointInventory inventory, Conditions conditions, List<EquivalenceClass.View> views) {
    this.cluster = inventory.cluster();
    this.evaluator = new Evaluator(cluster);
    this.inventory = inventory;
    this.conditions = conditions;
    this.views = views;
    views.forEach(position -> sideOf.add(new EnumMap<>(Direction.class)));
  }

  /**
   * What one direction says of pods that are isolated alike.
   *
   * @param classOf for each equivalence class at the other end, the number of those that are
   *     decided alike
   * @param decisions for each class, by condition; null where the two have not the family
   * @param allowed for each class, the conditions that pass
   * @param audited for each class, the conditions that pass only because policies are audited
   */
  private record Side(
      char[] classOf, List<Decision[]> decisions, List<BitSet> allowed, List<BitSet> audited) {}

  private record SideKey(
      Direction direction,
      String namespace,
      List<ObjectKey> policies,
      Set<Family> families,
      Map<PortMatch.Named, List<Integer>> numbers,
      Object alone) {}

  private record ClassKey(
      Map<Family, BitSet> meantBy,
      Set<Family> families,
      Map<PortMatch.Named, List<Integer>> numbers,
      Object alone) {}

  /**
   * Returns the conditions under which the two can connect at all, were there no policy; not to
   * change.
   */
  BitSet possible(int from, int to) {
    EquivalenceClass.PolicyFootprint one = views.get(from).footprint();
    EquivalenceClass.PolicyFootprint two = views.get(to).footprint();
    if (one == null || two == null) {
      return new BitSet();
    }
    return conditions.between(one.families(), two.families(), two.numbers());
  }

  /**
   * Returns those of the possible conditions, which there are, under which policies let the two
   * connect.
   */
  BitSet allowed(int from, int to, BitSet possible) {
    BitSet bits = (BitSet) possible.clone();
    if (isExempt(from, to)) {
      for (int i = bits.nextSetBit(0); i >= 0; i = bits.nextSetBit(i + 1)) {
        if (!decision(Direction.EGRESS, from, to, i).allows()
            || !decision(Direction.INGRESS, to, from, i).allows()) {
          bits.clear(i);
        }
      }
      return bits;
    }
    Side egress = side(Direction.EGRESS, from);
    if (egress != null) {
      bits.and(egress.allowed().get(egress.classOf()[to]));
    }
    Side ingress = side(Direction.INGRESS, to);
    if (ingress != null) {
      bits.and(ingress.allowed().get(ingress.classOf()[from]));
    }
    return bits;
  }

  /** Returns whether some of what is possible passes one end only because policies are audited. */
  boolean isAudited(int from, int to, BitSet possible) {
    if (isExempt(from, to)) {
      return false;
    }
    Side egress = side(Direction.EGRESS, from);
    Side ingress = side(Direction.INGRESS, to);
    return egress != null && egress.audited().get(egress.classOf()[to]).intersects(possible)
        || ingress != null && ingress.audited().get(ingress.classOf()[from]).intersects(possible);
  }

  /** Returns what one direction says under a condition that is possible. */
  Decision decision(Direction direction, int subject, int other, int condition) {
    Side side = isExempt(subject, other) ? null : side(direction, subject);
    if (side != null) {
      return side.decisions().get(side.classOf()[other])[condition];
    }
    return decide(
        direction,
        views.get(subject).members(),
        views.get(other).members(),
        condition,
        exempt.computeIfAbsent(
            List.of(direction, subject, other), pair -> new EnumMap<>(Family.class)));
  }

  /** Returns whether no two members are subject to policies between them. */
  private boolean isExempt(int one, int other) {
    List<Member> some = views.get(one).members();
    List<Member> others = views.get(other).members();
    if (one == other) {
      return some.size() == 1;
    }
    boolean isOfPods = some.get(0).pod().isPresent();
    if (isOfPods == others.get(0).pod().isPresent()) {
      return false;
    }
    return some.stream().allMatch(member -> others.stream().allMatch(member::isExempt));
  }

  /** Returns null where the class has no pods, or pods that nothing isolates. */
  private Side side(Direction direction, int position) {
    EquivalenceClass.PolicyFootprint footprint = views.get(position).footprint();
    if (!footprint.policies().containsKey(direction)) {
      return footprint.alone().isEmpty() ? null : cachedSide(direction, position);
    }
    return sideOf.get(position).computeIfAbsent(direction, d -> cachedSide(d, position));
  }

  private Side cachedSide(Direction direction, int position) {
    EquivalenceClass.View view = views.get(position);
    Member subject = view.members().get(0);
    EquivalenceClass.PolicyFootprint footprint = view.footprint();
    SideKey key =
        new SideKey(
            direction,
            subject.pod().map(pod -> pod.key().namespace()).orElse(""),
            footprint.policies().getOrDefault(direction, List.of()),
            footprint.families(),
            direction == Direction.INGRESS ? footprint.numbers() : Map.of(),
            footprint.alone());
    Side known = sides.get(key);
    if (known == null) {
      known = evaluate(direction, subject, position);
      sides.put(key, known);
    }
    return known;
  }

  private Side evaluate(Direction direction, Member subject, int position) {
    List<Rule> rules =
        subject.endpoints().values().stream()
            .flatMap(end -> end.pods().stream())
            .distinct()
            .flatMap(pod -> PodPolicy.of(cluster, pod, direction).rules())
            .map(PodPolicy.PolicyRule::rule)
            .toList();
    BitSet relevant = inventory.numbersOf(rules);
    boolean named =
        direction == Direction.EGRESS
            && rules.stream()
                .flatMap(rule -> rule.ports().stream())
                .anyMatch(PortMatch.Named.class::isInstance);
    char[] classOf = new char[views.size()];
    Map<ClassKey, List<Member>> classes = new LinkedHashMap<>();
    Map<ClassKey, Character> numbers = new HashMap<>();
    for (int i = 0; i < classOf.length; i++) {
      EquivalenceClass.PolicyFootprint other = views.get(i).footprint();
      if (other == null) {
        continue;
      }
      ClassKey key =
          new ClassKey(
              narrowed(other.meantBy(), relevant),
              other.families(),
              named ? other.numbers() : Map.of(),
              other.alone());
      classOf[i] = numbers.computeIfAbsent(key, k -> (char) numbers.size());
      classes.computeIfAbsent(key, k -> new ArrayList<>()).addAll(views.get(i).members());
    }
    List<Decision[]> decisions = new ArrayList<>();
    List<BitSet> allowed = new ArrayList<>();
    List<BitSet> audited = new ArrayList<>();
    List<Member> subjects = alike(position, direction);
    for (List<Member> others : classes.values()) {
      Decision[] each = new Decision[conditions.all().size()];
      Map<Family, Optional<PortDecisions>> byFamily = new EnumMap<>(Family.class);
      BitSet bits = new BitSet();
      BitSet noted = new BitSet();
      for (int i = 0; i < each.length; i++) {
        each[i] = decide(direction, subjects, others, i, byFamily);
        if (each[i] != null && each[i].allows()) {
          bits.set(i);
          noted.set(i, each[i] instanceof Decision.Audited);
        }
      }
      decisions.add(each);
      allowed.add(bits);
      audited.add(noted);
    }
    return new Side(classOf, decisions, allowed, audited);
  }

  private static Map<Family, BitSet> narrowed(Map<Family, BitSet> meantBy, BitSet relevant) {
    Map<Family, BitSet> narrowed = Map.of();
    for (Map.Entry<Family, BitSet> each : meantBy.entrySet()) {
      if (each.getValue().intersects(relevant)) {
        BitSet copy = (BitSet) each.getValue().clone();
        copy.and(relevant);
        narrowed = narrowed.isEmpty() ? new EnumMap<>(Family.class) : narrowed;
        narrowed.put(each.getKey(), copy);
      }
    }
    return narrowed;
  }

  /** Returns the pods that are isolated as those of the class are. */
  private List<Member> alike(int position, Direction direction) {
    EquivalenceClass.View view = views.get(position);
    String namespace = view.members().get(0).pod().map(p -> p.key().namespace()).orElse("");
    List<Member> all = new ArrayList<>(view.members());
    for (EquivalenceClass.View other : views) {
      if (other != view
          && other.isThere()
          && other.members().get(0).pod().isPresent()
          && other.members().get(0).pod().get().key().namespace().equals(namespace)
          && isAlike(direction, view.footprint(), other.footprint())) {
        all.addAll(other.members());
      }
    }
    return all;
  }

  private static boolean isAlike(
      Direction direction,
      EquivalenceClass.PolicyFootprint one,
      EquivalenceClass.PolicyFootprint other) {
    return one.alone().equals(other.alone())
        && one.families().equals(other.families())
        && Objects.equals(one.policies().get(direction), other.policies().get(direction))
        && (direction == Direction.EGRESS || one.numbers().equals(other.numbers()));
  }

  /**
   * Of two members for whom policies count, if there are such; null without a common family.
   *
   * @param byFamily what was found out for other conditions
   */
  private Decision decide(
      Direction direction,
      List<Member> subjects,
      List<Member> others,
      int number,
      Map<Family, Optional<PortDecisions>> byFamily) {
    Condition condition = conditions.all().get(number);
    return byFamily
        .computeIfAbsent(
            condition.family(), family -> decisions(direction, subjects, others, family))
        .map(decisions -> decisions.of(condition.protocol(), condition.first()))
        .orElse(null);
  }

  private Optional<PortDecisions> decisions(
      Direction direction, List<Member> subjects, List<Member> others, Family family) {
    Endpoint exempt = null;
    Endpoint exemptOther = null;
    for (Member subject : subjects) {
      Endpoint end = subject.endpoints().get(family);
      for (Member other : others) {
        Endpoint otherEnd = other.endpoints().get(family);
        if (end == null || otherEnd == null) {
          return Optional.empty();
        } else if (!subject.isExempt(other)) {
          return Optional.of(evaluator.decisions(direction, end, otherEnd));
        } else if (exempt == null) {
          exempt = end;
          exemptOther = otherEnd;
        }
      }
    }
    return exempt == null
        ? Optional.empty()
        : Optional.of(evaluator.decisions(direction, exempt, exemptOther));
  }
}
