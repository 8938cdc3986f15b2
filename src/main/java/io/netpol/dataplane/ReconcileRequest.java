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
 * Names what to reconcile, by keys without state: a plan reads the current state of each key.
 *
 * @param pods the local pods whose rules may differ
 * @param sets the sets in use whose members differ
 * @param everything the families to reconcile completely
 * @param checks the tools that read the kernel again, to find what others changed
 * @param triggers the objects whose events triggered it, such as {@code NetworkPolicy shop/web}; at
 *     most 10
 */
public record ReconcileRequest(
    Set<PodInFamily> pods,
    Set<AddressSetKey> sets,
    Set<Family> everything,
    Set<KernelTool> checks,
    Set<String> triggers) {

  /** An empty request. */
  public static final ReconcileRequest NONE =
      new ReconcileRequest(Set.of(), Set.of(), Set.of(), Set.of(), Set.of());

  /** The number of triggers that are kept; people read them. */
  private static final int MAX_TRIGGERS = 10;

  public ReconcileRequest {
    pods = Set.copyOf(pods);
    sets = Set.copyOf(sets);
    everything = Set.copyOf(everything);
    checks = Set.copyOf(checks);
    triggers = Set.copyOf(triggers);
  }

  /** Returns a request for the objects that a change affects. */
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
   * Returns a request for everything on the node, with new listings of the kernel.
   *
   * @param tools all tools of the dataplane
   */
  public static ReconcileRequest everything(String trigger, Collection<KernelTool> tools) {
    ReconcileRequest wanted = wanted(trigger);
    return new ReconcileRequest(
        Set.of(), Set.of(), wanted.everything, Set.copyOf(tools), wanted.triggers);
  }

  /**
   * Returns a request for everything on the node, compared with the state of the kernel as last
   * known.
   */
  public static ReconcileRequest wanted(String trigger) {
    return of(AffectedObjects.EVERYTHING, trigger);
  }

  /** Returns a request to read the kernel again by one tool, and to repair what others changed. */
  public static ReconcileRequest check(KernelTool tool, String trigger) {
    return new ReconcileRequest(Set.of(), Set.of(), Set.of(), Set.of(tool), Set.of(trigger));
  }

  /** Returns the union of both requests. */
  public ReconcileRequest and(ReconcileRequest other) {
    return new Union().add(this).add(other).request();
  }

  /** Collects requests into one. Not thread-safe. */
  public static final class Union {

    private final Set<PodInFamily> pods = new HashSet<>();
    private final Set<AddressSetKey> sets = new HashSet<>();
    private final Set<Family> everything = EnumSet.noneOf(Family.class);
    private final Set<KernelTool> checks = new HashSet<>();
    private final Set<String> triggers = new TreeSet<>();

    /** Adds a request, in time that depends only on its size. */
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

    /** Says what a trace shows: as the request. */
    @Override
    public String toString() {
      return request().toString();
    }

    /** Returns the union of the requests so far. */
    public ReconcileRequest request() {
      return new ReconcileRequest(pods, sets, everything, checks, triggers);
    }
  }

  /** Returns whether there is nothing to reconcile. */
  public boolean isEmpty() {
    return pods.isEmpty() && sets.isEmpty() && everything.isEmpty() && checks.isEmpty();
  }

  /**
   * Splits the request by {@link #key}: one for each pod in all its families, for each set, for
   * each tool to read, and for the whole node.
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
   * Returns the key of a request from {@link #byKey}: {@code Pod shop/web-0}, {@code set pods
   * app=web in namespace shop, ipv4}, {@code check ipset}, or {@code node} if it has several keys
   * or everything.
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

  /** Returns the numbers of keys and the triggers, for people and message traces. */
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

  /** Returns the families in which there is something to reconcile. */
  public Set<Family> families() {
    Set<Family> families = EnumSet.noneOf(Family.class);
    families.addAll(everything);
    pods.forEach(pod -> families.add(pod.family()));
    sets.forEach(set -> families.add(set.family()));
    checks.forEach(tool -> families.addAll(tool.families()));
    return families;
  }

  /** Returns the part of the request for these families. */
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

  /** Returns the keys of the listed pods, in order; not those of whole families. */
  public Set<ObjectKey> podKeys() {
    return pods.stream().map(PodInFamily::pod).collect(Collectors.toCollection(TreeSet::new));
  }

  /** Returns whether the request cannot be split further. */
  public boolean isSingle() {
    return pods.size() + sets.size() + everything.size() + checks.size() <= 1;
  }

  /**
   * Splits the request: by family if it has both, else in halves, pods before sets.
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
        piece(
            podList.subList(podsInFirst, podList.size()),
            setList.subList(setsInFirst, setList.size())));
  }

  private ReconcileRequest piece(List<PodInFamily> somePods, List<AddressSetKey> someSets) {
    return new ReconcileRequest(
        Set.copyOf(somePods), Set.copyOf(someSets), Set.of(), Set.of(), triggers);
  }
}
