package io.netpol.dataplane;

import io.netpol.index.AddressSetKey;
import io.netpol.index.AffectedObjects;
import io.netpol.model.ObjectKey;
import io.netpol.net.Family;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * What is due: keys, no state. What has to be done for them is found when it is done.
 *
 * @param pods local pods whose rules may differ
 * @param sets sets in use whose members differ
 * @param everything the families of which all of the node is due
 * @param checks the tools by which the kernel is read again, to find what others changed
 * @param triggers the objects whose events made it due, as {@code NetworkPolicy shop/web}
 */
public record ReconcileRequest(
    Set<PodInFamily> pods,
    Set<AddressSetKey> sets,
    Set<Family> everything,
    Set<KernelTool> checks,
    Set<String> triggers) {

  /** Nothing. */
  public static final ReconcileRequest NONE =
      new ReconcileRequest(Set.of(), Set.of(), Set.of(), Set.of(), Set.of());

  /** Of more triggers only so many are kept: they are for people to read. */
  private static final int MAX_TRIGGERS = 10;

  public ReconcileRequest {
    pods = Set.copyOf(pods);
    sets = Set.copyOf(sets);
    everything = Set.copyOf(everything);
    checks = Set.copyOf(checks);
    triggers = Set.copyOf(triggers);
  }

  /** What a change makes due. */
  public static ReconcileRequest of(AffectedObjects change, String trigger) {
    Set<PodInFamily> pods = new HashSet<>();
    for (Family family : Family.values()) {
      change.pods().forEach(pod -> pods.add(new PodInFamily(pod, family)));
    }
    Set<Family> everything =
        change.everything() ? EnumSet.allOf(Family.class) : EnumSet.noneOf(Family.class);
    return new ReconcileRequest(pods, change.sets(), everything, Set.of(), Set.of(trigger));
  }

  /**
   * Everything of the node, and reading again what the kernel has.
   *
   * @param tools all of the dataplane's
   */
  public static ReconcileRequest everything(String trigger, Collection<KernelTool> tools) {
    ReconcileRequest wanted = wanted(trigger);
    return new ReconcileRequest(
        Set.of(), Set.of(), wanted.everything, Set.copyOf(tools), wanted.triggers);
  }

  /** Everything of the node, held against what the kernel is known to have. */
  public static ReconcileRequest wanted(String trigger) {
    return of(AffectedObjects.EVERYTHING, trigger);
  }

  /** Reading again what the kernel has, by one tool; what is not as it was left is repaired. */
  public static ReconcileRequest check(KernelTool tool, String trigger) {
    return new ReconcileRequest(Set.of(), Set.of(), Set.of(), Set.of(tool), Set.of(trigger));
  }

  /** Both. */
  public ReconcileRequest and(ReconcileRequest other) {
    return new Union().add(this).add(other).request();
  }

  /** Gathers requests until they are one. Of one thread at a time. */
  public static final class Union {

    private final Set<PodInFamily> pods = new HashSet<>();
    private final Set<AddressSetKey> sets = new HashSet<>();
    private final Set<Family> everything = EnumSet.noneOf(Family.class);
    private final Set<KernelTool> checks = new HashSet<>();
    private final Set<String> triggers = new TreeSet<>();

    /** Adds one, in time that depends on its own size only. */
    public Union add(ReconcileRequest request) {
      pods.addAll(request.pods);
      sets.addAll(request.sets);
      everything.addAll(request.everything);
      checks.addAll(request.checks);
      request.triggers.stream()
          .limit(MAX_TRIGGERS - Math.min(MAX_TRIGGERS, triggers.size()))
          .forEach(triggers::add);
      return this;
    }

    /** All that was added until now. */
    public ReconcileRequest request() {
      return new ReconcileRequest(pods, sets, everything, checks, triggers);
    }
  }

  /** Whether nothing is due. */
  public boolean isEmpty() {
    return pods.isEmpty() && sets.isEmpty() && everything.isEmpty() && checks.isEmpty();
  }

  /**
   * One request for each pod, in all its families, for each set, for each tool that checks, and for
   * all of the node: what {@link #key} tells apart.
   */
  public List<ReconcileRequest> byKey() {
    Map<ObjectKey, Set<PodInFamily>> byPod = new TreeMap<>();
    for (PodInFamily pod : pods) {
      byPod.computeIfAbsent(pod.pod(), key -> new HashSet<>()).add(pod);
    }
    List<ReconcileRequest> each = new ArrayList<>();
    if (!everything.isEmpty()) {
      each.add(new ReconcileRequest(Set.of(), Set.of(), everything, Set.of(), triggers));
    }
    for (Set<PodInFamily> pod : byPod.values()) {
      each.add(new ReconcileRequest(pod, Set.of(), Set.of(), Set.of(), triggers));
    }
    for (AddressSetKey set : sets) {
      each.add(new ReconcileRequest(Set.of(), Set.of(set), Set.of(), Set.of(), triggers));
    }
    for (KernelTool tool : checks) {
      each.add(new ReconcileRequest(Set.of(), Set.of(), Set.of(), Set.of(tool), triggers));
    }
    return each;
  }

  /**
   * Names what the request is for: {@code Pod shop/web-0}, {@code set pods app=web in namespace
   * shop, ipv4}, {@code check ipset}, or {@code node} where it is for several or for all.
   */
  public String key() {
    Set<ObjectKey> podKeys = podKeys();
    if (podKeys.size() + sets.size() + checks.size() != 1 || !everything.isEmpty()) {
      return "node";
    }
    if (!podKeys.isEmpty()) {
      return "Pod " + podKeys.iterator().next();
    }
    return sets.isEmpty()
        ? "check " + checks.iterator().next().id()
        : "set " + sets.iterator().next();
  }

  /** For people, and what a trace shows of a message: how many of what, and the events behind. */
  @Override
  public String toString() {
    if (isEmpty()) {
      return "nothing";
    }
    StringJoiner parts = new StringJoiner(", ");
    if (!everything.isEmpty()) {
      parts.add("the whole node");
    }
    Set<ObjectKey> podKeys = podKeys();
    if (podKeys.size() == 1) {
      parts.add("Pod " + podKeys.iterator().next());
    } else if (!podKeys.isEmpty()) {
      parts.add(podKeys.size() + " pods");
    }
    if (sets.size() == 1) {
      parts.add("set " + sets.iterator().next());
    } else if (!sets.isEmpty()) {
      parts.add(sets.size() + " sets");
    }
    if (!checks.isEmpty()) {
      parts.add(
          checks.stream().map(KernelTool::id).sorted().collect(Collectors.joining(" and "))
              + " to be checked");
    }
    return parts + "; because of " + String.join(", ", triggers);
  }

  /** The families in which something is due. */
  public Set<Family> families() {
    Set<Family> families = EnumSet.noneOf(Family.class);
    families.addAll(everything);
    pods.forEach(pod -> families.add(pod.family()));
    sets.forEach(set -> families.add(set.family()));
    checks.forEach(tool -> families.addAll(tool.families()));
    return families;
  }

  /** The part of some families. */
  public ReconcileRequest of(Collection<Family> families) {
    return families.containsAll(families())
        ? this
        : new ReconcileRequest(
            those(pods, pod -> families.contains(pod.family())),
            those(sets, set -> families.contains(set.family())),
            those(everything, families::contains),
            those(checks, tool -> !Collections.disjoint(tool.families(), families)),
            triggers);
  }

  private static <T> Set<T> those(Set<T> all, Predicate<T> wanted) {
    return all.stream().filter(wanted).collect(Collectors.toSet());
  }

  /** The keys of the pods that are due by themselves, in order. */
  public Set<ObjectKey> podKeys() {
    return pods.stream().map(PodInFamily::pod).collect(Collectors.toCollection(TreeSet::new));
  }

  /** Whether it can be split no further. */
  public boolean isSingle() {
    return pods.size() + sets.size() + everything.size() + checks.size() <= 1;
  }

  /**
   * Two parts: one for each family where both are due, else halves; pods come before sets.
   *
   * @throws IllegalStateException if this {@link #isSingle}, or all of one family
   */
  public List<ReconcileRequest> halves() {
    List<Family> families = List.copyOf(families());
    if (families.size() > 1) {
      return families.stream().map(family -> of(Set.of(family))).toList();
    }
    if (isSingle() || !everything.isEmpty()) {
      throw new IllegalStateException("cannot be split: " + this);
    }
    List<PodInFamily> podList = new ArrayList<>(new TreeSet<>(pods));
    List<AddressSetKey> setList = new ArrayList<>(sets);
    int half = (podList.size() + setList.size()) / 2;
    int podsInFirst = Math.min(half, podList.size());
    int setsInFirst = half - podsInFirst;
    return List.of(
        piece(podList.subList(0, podsInFirst), setList.subList(0, setsInFirst)),
        piece(podList.subList(podsInFirst, podList.size()), setList.subList(setsInFirst, setList.size())));
  }

  private ReconcileRequest piece(List<PodInFamily> somePods, List<AddressSetKey> someSets) {
    return new ReconcileRequest(
        Set.copyOf(somePods), Set.copyOf(someSets), Set.of(), Set.of(), triggers);
  }
}
