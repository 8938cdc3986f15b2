package io.netpol.iptables;

import io.netpol.policy.Cidr;
import io.netpol.policy.Cluster;
import io.netpol.policy.Direction;
import io.netpol.policy.Family;
import io.netpol.policy.Node;
import io.netpol.policy.ObjectKey;
import io.netpol.policy.Pod;
import io.netpol.policy.PodSet;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What is wanted and what is present of one address family: its table, and the sets it uses. */
final class FamilyPlane {

  private final Family family;
  private final Cluster cluster;
  private final RenderOptions options;
  private final boolean usesSets;
  private final PodRenderer renderer;
  private final Wanted wanted;
  private final Present present;
  private boolean adopted;

  /** Whether the kernel was read since the last attempt, and so may hold anything. */
  private boolean surprising = true;

  /** Sets whose difference was asked for, and not delivered. */
  private final Set<PodSet> suspects = new HashSet<>();

  /** Names of sets that somebody else changed, and that were not written since. */
  private final Set<String> drifted = new HashSet<>();

  /** Chains of attempts that were delivered in part; those that nobody wants must go. */
  private final Set<String> strays = new HashSet<>();

  FamilyPlane(Family family, Cluster cluster, RenderOptions options, Present present) {
    this.family = family;
    this.cluster = cluster;
    this.options = options;
    this.usesSets = options.peers() == RenderOptions.PeerForm.IPSET;
    this.renderer = new PodRenderer(cluster, options);
    this.wanted = new Wanted(family, options);
    this.present = present;
  }

  /** The tools by which the kernel is read and written. */
  Set<Tool> tools() {
    return usesSets ? Set.of(Tool.IPSET, Tool.of(family)) : Set.of(Tool.of(family));
  }

  /** The tools whose view of the kernel must be read before the next attempt. */
  Set<Tool> unread() {
    Set<Tool> unread = present.unread();
    if (!usesSets) {
      unread.remove(Tool.IPSET);
    }
    return unread;
  }

  List<Drift> readTable(String saved) {
    surprising = true;
    return present.readTable(saved);
  }

  List<Drift> readSets(Map<String, PresentSet> sets) {
    surprising = true;
    List<Drift> drift = present.readSets(sets);
    drift.forEach(one -> drifted.add(one.name()));
    return drift;
  }

  /** What one attempt asks of this family. */
  final class Part {
    private final Wanted.Candidate candidate;
    private final boolean whole;
    private final Set<PodSet> compared = new HashSet<>();
    private final Set<ObjectKey> restricted = new TreeSet<>();
    private Optional<Delivery> table = Optional.empty();

    private Part(Wanted.Candidate candidate, boolean whole) {
      this.candidate = candidate;
      this.whole = whole;
    }

    /** The payload for the family's table; empty where the kernel has it all. */
    Optional<Delivery> table() {
      return table;
    }

    /** The pods from whom the attempt may take something away. */
    Set<ObjectKey> restricted() {
      return restricted;
    }

    /** The pods that get other rules. */
    Set<ObjectKey> changedPods() {
      return candidate.changes().keySet();
    }

    void succeeded() {
      Set<PodSet> named = wanted.namedByOrFor(candidate);
      wanted.take(candidate);
      strays.clear();
      suspects.removeAll(compared);
      drifted.clear();
      untrackUnused(named);
    }

    void failed() {
      suspects.addAll(compared);
      strays.addAll(wanted.changedChains(candidate).keySet());
      present.forget();
      untrackUnused(wanted.namedByOrFor(candidate));
    }
  }

  /** Looks at what is due of this family; what sets lack and have too much goes to {@code sets}. */
  Part attempt(Work work, Set<DuePod> closed, SetDifference sets) {
    adopt();
    boolean whole = work.everything().contains(family);
    Map<ObjectKey, Optional<PodRules>> changes = new TreeMap<>();
    for (ObjectKey key : duePods(work)) {
      boolean close = closed.contains(new DuePod(key, family));
      changes.put(
          key,
          cluster
              .localPod(key)
              .flatMap(p -> close ? renderer.renderClosed(p, family) : renderer.render(p, family)));
    }
    Part part = new Part(wanted.with(changes, guarded()), whole);
    part.candidate.named().forEach(cluster::track);
    compareSets(part, work, sets);
    compareTable(part);
    surprising = false;
    return part;
  }

  private Set<ObjectKey> duePods(Work work) {
    Set<ObjectKey> due = new TreeSet<>();
    for (DuePod pod : work.pods()) {
      if (pod.family() == family) {
        due.add(pod.pod());
      }
    }
    if (work.everything().contains(family)) {
      due.addAll(allPods());
    }
    if (!usesSets) {
      ours(work.sets()).forEach(set -> due.addAll(wanted.usersOf(set)));
    }
    return due;
  }

  private Set<ObjectKey> allPods() {
    Set<ObjectKey> all = new TreeSet<>(cluster.localPods());
    all.addAll(wanted.pods().keySet());
    return all;
  }

  private Collection<PodSet> ours(Collection<PodSet> sets) {
    return sets.stream().filter(set -> set.family() == family).toList();
  }

  private List<Cidr> guarded() {
    if (options.unprogrammed() == RenderOptions.Unprogrammed.ALLOW || cluster.auditsAll()) {
      return List.of();
    }
    return cluster.node(cluster.nodeName()).map(Node::podRanges).orElse(List.of()).stream()
        .filter(range -> range.family() == family)
        .toList();
  }

  private void compareTable(Part part) {
    Set<String> suspected = new HashSet<>(strays);
    if (part.whole || surprising) {
      suspected.addAll(present.chains().keySet());
    }
    Map<String, List<String>> compare =
        part.whole || surprising
            ? wanted.chainsWith(part.candidate)
            : wanted.changedChains(part.candidate);
    Set<String> unwanted = wanted.unwantedChains(part.candidate, suspected);
    boolean base = part.candidate.base().containsKey(Names.FORWARD);
    part.table = TableDifference.between(family, compare, unwanted, base, present);
    part.restricted.addAll(part.candidate.changes().keySet());
  }

  private void compareSets(Part part, Work work, SetDifference sets) {
    if (!usesSets) {
      Collection<PodSet> due = ours(work.sets());
      part.compared.addAll(due);
      due.stream().filter(cluster::isTracked).forEach(cluster::takeTouched);
      return;
    }
    Map<String, IpSet> compare = new TreeMap<>();
    part.candidate.sets().forEach(set -> compare.put(set.name(), set));
    if (part.whole || surprising) {
      wanted.sets().forEach(compare::putIfAbsent);
    }
    for (PodSet due : ours(work.sets())) {
      if (cluster.isTracked(due)) {
        IpSet set = IpSet.of(due);
        compare.putIfAbsent(set.name(), set);
      }
    }
    compare.values().forEach(set -> compare(part, set, work, sets));
    Set<IpSet> shrinking = sets.shrinking();
    shrinking.removeIf(set -> set.family() != family);
    shrinking.forEach(set -> part.restricted.addAll(wanted.usersOf(set)));
  }

  private void compare(Part part, IpSet set, Work work, SetDifference sets) {
    PresentSet has = present.sets().get(set.name());
    boolean unused = !wanted.sets().containsKey(set.name());
    boolean all =
        part.whole || unused || has == null || !set.isLike(has) || drifted.contains(set.name());
    if (set.pods().isEmpty()) {
      if (all) {
        sets.compare(set, present.sets(), set.entries());
      }
      return;
    }
    PodSet pods = set.pods().get();
    boolean due = work.sets().contains(pods);
    if (all || due && suspects.contains(pods)) {
      part.compared.add(pods);
      cluster.takeTouched(pods);
      sets.compare(set, present.sets(), cluster.members(pods).stream().map(IpSet::text).toList());
    } else if (due) {
      part.compared.add(pods);
      for (PodSet.Member member : new TreeSet<>(cluster.takeTouched(pods))) {
        sets.compare(set, present.sets(), IpSet.text(member), cluster.hasMember(pods, member));
      }
    }
  }

  private void untrackUnused(Set<PodSet> candidates) {
    for (PodSet set : candidates) {
      if (!wanted.named().contains(set)) {
        cluster.untrack(set);
        suspects.remove(set);
      }
    }
  }

  /**
   * The first look at the kernel: pods whose chains are there have these as their last good rules.
   */
  private void adopt() {
    if (adopted) {
      return;
    }
    adopted = true;
    Set<String> dispatched = new HashSet<>();
    present
        .chains()
        .forEach(
            (chain, rules) -> {
              if (chain.startsWith(Names.FROM) || chain.startsWith(Names.TO)) {
                rules.forEach(rule -> dispatched.addAll(List.of(rule.split(" "))));
              }
            });
    Map<ObjectKey, Optional<PodRules>> found = new HashMap<>();
    for (ObjectKey key : cluster.localPods()) {
      found.put(key, cluster.localPod(key).flatMap(pod -> found(pod, dispatched)));
    }
    wanted.take(wanted.with(found, guarded()));
  }

  /**
   * The rules that the kernel has for a pod.
   *
   * @param dispatched the words of the dispatch chains
   */
  private Optional<PodRules> found(Pod pod, Set<String> dispatched) {
    Set<String> words = new HashSet<>();
    Map<String, List<String>> chains = new TreeMap<>();
    for (Direction direction : Direction.values()) {
      String name = Names.podChain(direction, pod.key());
      List<String> rules = present.chains().get(name);
      if (rules != null && !pod.addresses(family).isEmpty()) {
        chains.put(name, List.copyOf(rules));
        rules.forEach(rule -> words.addAll(List.of(rule.split(" "))));
      }
    }
    if (chains.isEmpty()) {
      // Where new pods are closed, those that nothing isolates are let out one by one.
      boolean known =
          pod.addresses(family).stream().anyMatch(a -> dispatched.contains(Cidr.of(a).toString()));
      return known
          ? renderer.render(pod, family).filter(rules -> rules.chains().isEmpty())
          : Optional.empty();
    }
    // Sets that these chains use and the pod's policies still name are followed from now on.
    Set<IpSet> sets = new HashSet<>();
    renderer.render(pod, family).ifPresent(rules -> sets.addAll(rules.sets()));
    sets.removeIf(set -> !words.contains(set.name()));
    Set<PodSet> pods =
        sets.stream().flatMap(set -> set.pods().stream()).collect(Collectors.toSet());
    pods.forEach(cluster::track);
    return Optional.of(PodRules.of(pod, family, chains, sets, pods));
  }

  /** Makes the next attempt read the kernel first, and finds what others changed. */
  void recheck(Set<Tool> by) {
    present.recheck(usesSets && by.contains(Tool.IPSET), by.contains(Tool.of(family)));
  }

  /** Nobody knows what the kernel has. */
  void forget() {
    present.forget();
  }

  /** Follows the sets that a pod's rules will need. */
  void expect(ObjectKey key) {
    cluster
        .localPod(key)
        .flatMap(pod -> renderer.render(pod, family))
        .ifPresent(rules -> rules.pods().forEach(cluster::track));
  }

  /** The pods that any rules name. */
  Set<PodSet> named() {
    return wanted.named();
  }

  /** What the kernel has for each pod that has rules. */
  SortedMap<ObjectKey, PodRules> podRules() {
    return new TreeMap<>(wanted.pods());
  }

  String wantedText() {
    return WantedText.of(family, wanted.chains(), wanted.sets(), cluster);
  }

  boolean isProgrammed(ObjectKey pod) {
    return wanted.pods().containsKey(pod);
  }

  /**
   * Whether the kernel, as it was read or written last, has just what the pod needs now: the way to
   * its chains, these, and the sets that they use.
   */
  boolean holds(ObjectKey key) {
    if (!present.isKnown(usesSets)) {
      return false;
    }
    Optional<Pod> pod = cluster.localPod(key);
    Optional<PodRules> needed = pod.flatMap(p -> renderer.render(p, family));
    Wanted.Candidate now = wanted.with(Map.of(key, needed), guarded());
    boolean hooked = now.base().containsKey(Names.FORWARD);
    return hasAll(now.base())
        && (!hooked || Present.HOOKS.stream().allMatch(hook -> present.jumps(hook).first()))
        && needed.map(rules -> hasAll(rules.chains())).orElse(true)
        && Stream.of(Direction.values())
            .map(direction -> Names.podChain(direction, key))
            .filter(chain -> needed.isEmpty() || !needed.get().chains().containsKey(chain))
            .noneMatch(chain -> present.chains().containsKey(chain))
        && (!usesSets || needed.stream().flatMap(r -> r.sets().stream()).allMatch(this::holds));
  }

  private boolean hasAll(Map<String, List<String>> chains) {
    return chains.entrySet().stream()
        .allMatch(chain -> chain.getValue().equals(present.chains().get(chain.getKey())));
  }

  private boolean holds(IpSet set) {
    PresentSet has = present.sets().get(set.name());
    Set<String> entries = new HashSet<>(set.entries());
    set.pods()
        .ifPresent(
            pods ->
                cluster
                    .matching(pods)
                    .values()
                    .forEach(members -> members.forEach(m -> entries.add(IpSet.text(m)))));
    return has != null && set.isLike(has) && has.entries().equals(entries);
  }

  /** All of this family, key by key; the family itself where it has no keys. */
  Work expand(Work work) {
    // A check that fails has no keys either: the kernel could not be read.
    boolean whole =
        work.everything().contains(family) || !Collections.disjoint(work.checks(), unread());
    Set<ObjectKey> pods = new HashSet<>(duePods(work));
    Set<PodSet> sets = new HashSet<>();
    if (usesSets) {
      sets.addAll(ours(work.sets()));
      sets.addAll(whole ? wanted.named() : Set.of());
    }
    boolean nothing = pods.isEmpty() && sets.isEmpty();
    return new Work(
        pods.stream().map(pod -> new DuePod(pod, family)).collect(Collectors.toSet()),
        sets,
        whole && nothing ? Set.of(family) : Set.of(),
        Set.of(),
        work.causes());
  }

  /** Sets that nothing uses any more. */
  List<Delivery> unused() {
    if (!present.unread().isEmpty()) {
      return List.of();
    }
    Set<String> unwanted = new TreeSet<>(present.sets().keySet());
    unwanted.removeAll(wanted.sets().keySet());
    if (unwanted.isEmpty()) {
      return List.of();
    }
    for (List<String> rules : present.chains().values()) {
      rules.forEach(rule -> List.of(rule.split(" ")).forEach(unwanted::remove));
    }
    return unwanted.stream()
        .map(
            set ->
                new Delivery(
                    Tool.IPSET,
                    Delivery.Stage.TIDY,
                    "destroy " + set + "\n",
                    () -> present.sets().remove(set)))
        .toList();
  }
}
