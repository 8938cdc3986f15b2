package io.netpol.dataplane.iptables;

import io.netpol.dataplane.Drift;
import io.netpol.dataplane.Enforcement;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.PendingTransaction;
import io.netpol.dataplane.PodInFamily;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.ipset.IpSet;
import io.netpol.dataplane.ipset.IpSetDiff;
import io.netpol.dataplane.ipset.ObservedSet;
import io.netpol.dataplane.render.BridgePorts;
import io.netpol.dataplane.render.Names;
import io.netpol.dataplane.render.PodRenderer;
import io.netpol.dataplane.render.PodRules;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.index.AddressSetKey;
import io.netpol.index.Cluster;
import io.netpol.model.Node;
import io.netpol.model.ObjectKey;
import io.netpol.model.Pod;
import io.netpol.net.Cidr;
import io.netpol.net.Family;
import java.util.Collection;
import java.util.Collections;
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
final class FamilyDataplane {

  private final Family family;
  private final Cluster cluster;
  private final RenderOptions options;
  private final boolean usesSets;
  private final PodRenderer renderer;
  private final RuleWriter writer;
  private final DesiredState wanted;
  private final ObservedState present;
  private final IpSetReconciler members;
  private BridgePorts ports;
  private boolean adopted;

  /** Chains of attempts that were delivered in part; those that nobody wants must go. */
  private final Set<String> orphanChains = new HashSet<>();

  FamilyDataplane(Family family, Cluster cluster, RenderOptions options, ObservedState present) {
    this.family = family;
    this.cluster = cluster;
    this.options = options;
    this.usesSets = options.peers() == RenderOptions.PeerForm.IPSET;
    this.ports =
        options.bridge().filter() == RenderOptions.Filter.OFF
            ? BridgePorts.UNFILTERED
            : BridgePorts.UNKNOWN;
    this.writer = new RuleWriter(family);
    this.renderer = new PodRenderer(cluster, options, () -> ports);
    this.wanted = new DesiredState(family, cluster.auditsAll() ? options.withoutGuards() : options);
    this.present = present;
    this.members = new IpSetReconciler(cluster, wanted, present);
  }

  /** The tools by which the kernel is read and written. */
  Set<KernelTool> tools() {
    return usesSets
        ? Set.of(IptablesTools.IPSET, IptablesTools.of(family))
        : Set.of(IptablesTools.of(family));
  }

  /** The tools whose view of the kernel must be read before the next attempt. */
  Set<KernelTool> unread() {
    Set<KernelTool> unread = present.unread();
    if (!usesSets) {
      unread.remove(IptablesTools.IPSET);
    }
    return unread;
  }

  List<Drift> readTable(String saved) {
    return present.readTable(saved);
  }

  List<Drift> readSets(Map<String, ObservedSet> sets) {
    List<Drift> drift = present.readSets(sets);
    members.changedByOthers(drift);
    return drift;
  }

  /** A tool's listing cannot be read; whether the family can do without it for now. */
  boolean couldNotRead(KernelTool tool) {
    return !tools().contains(tool) || present.couldNotRead(tool);
  }

  /** Whether something was read that nothing that is due tells of, and is not dealt with. */
  boolean needsFullDiff() {
    return present.needsFullDiff();
  }

  /** Whether the table must be read right after it was written. */
  boolean mustVerify() {
    return present.mustVerify();
  }

  /** The repairs that are given up, by chain or hook. */
  Map<String, RepairBreaker.Difference> stoppedRepairs() {
    return present.stoppedRepairs();
  }

  /** The sets that the kernel is known or assumed to have, by name. */
  Map<String, ObservedSet> presentSets() {
    return present.sets();
  }

  /** Whether these have only to be held against the kernel's. */
  boolean assumesSets() {
    return present.assumesSets();
  }

  /** They are the kernel's. */
  void confirmSets() {
    present.confirmSets();
  }

  /** What one attempt asks of this family. */
  final class Part {
    private final DesiredState.Candidate candidate;
    private final boolean whole;

    /** Whether the kernel may have lost, or hold, what nothing that is due tells of. */
    private final boolean needsFullDiff = present.needsFullDiff();

    private final int observations = present.observations();

    private final Set<AddressSetKey> compared = new HashSet<>();
    private final Set<ObjectKey> restricted = new TreeSet<>();
    private Optional<PendingTransaction> table = Optional.empty();

    private Part(DesiredState.Candidate candidate, boolean whole) {
      this.candidate = candidate;
      this.whole = whole;
    }

    /** Whether also what is not due is looked at. */
    private boolean looksAtAll() {
      return whole || needsFullDiff;
    }

    /** The payload for the family's table; empty where the kernel has it all. */
    Optional<PendingTransaction> table() {
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
      Set<AddressSetKey> named = wanted.namedByOrFor(candidate);
      wanted.take(candidate);
      orphanChains.clear();
      members.delivered(compared);
      present.reconciled(observations);
      untrackUnused(named);
    }

    void failed() {
      members.notDelivered(compared);
      orphanChains.addAll(wanted.changedChains(candidate).keySet());
      present.forget();
      untrackUnused(wanted.namedByOrFor(candidate));
    }
  }

  /** Looks at what is due of this family; what sets lack and have too much goes to {@code sets}. */
  Part attempt(ReconcileRequest work, Set<PodInFamily> closed, IpSetDiff sets) {
    adopt();
    boolean whole = work.everything().contains(family);
    Map<ObjectKey, Optional<PodChains>> changes = new TreeMap<>();
    for (ObjectKey key : duePods(work)) {
      boolean close = closed.contains(new PodInFamily(key, family));
      changes.put(
          key,
          cluster
              .localPod(key)
              .flatMap(p -> close ? renderer.renderClosed(p, family) : renderer.render(p, family))
              .map(this::written));
    }
    Part part = new Part(wanted.with(changes, protectedCidrs(), ports), whole);
    try {
      part.candidate.named().forEach(cluster::track);
      compareSets(part, work, sets);
      compareTable(part);
      return part;
    } catch (RuntimeException e) {
      part.failed(); // the members that it has asked for must be looked at again
      throw e;
    }
  }

  private PodChains written(PodRules rules) {
    return PodChains.of(rules, writer);
  }

  private Optional<PodChains> rendered(Pod pod) {
    return renderer.render(pod, family).map(this::written);
  }

  private Set<ObjectKey> duePods(ReconcileRequest work) {
    Set<ObjectKey> due = new TreeSet<>();
    for (PodInFamily pod : work.pods()) {
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

  private Collection<AddressSetKey> ours(Collection<AddressSetKey> sets) {
    return sets.stream().filter(set -> set.family() == family).toList();
  }

  private List<Cidr> protectedCidrs() {
    if (options.unprogrammed() == RenderOptions.Unprogrammed.ALLOW || cluster.auditsAll()) {
      return List.of();
    }
    return cluster.node(cluster.nodeName()).map(Node::podRanges).orElse(List.of()).stream()
        .filter(range -> range.family() == family)
        .toList();
  }

  private void compareTable(Part part) {
    Set<String> suspected = new HashSet<>(orphanChains);
    if (part.looksAtAll()) {
      suspected.addAll(present.chains().keySet());
    }
    Map<String, List<String>> compare =
        part.looksAtAll()
            ? wanted.chainsWith(part.candidate)
            : wanted.changedChains(part.candidate);
    Set<String> unwanted = wanted.unwantedChains(part.candidate, suspected);
    boolean base = part.candidate.base().containsKey(Names.FORWARD);
    part.table = FilterTableDiff.between(family, compare, unwanted, base, present);
    part.restricted.addAll(part.candidate.changes().keySet());
  }

  private void compareSets(Part part, ReconcileRequest work, IpSetDiff sets) {
    Collection<AddressSetKey> due = ours(work.sets());
    if (!usesSets) {
      part.compared.addAll(due);
      due.stream().filter(cluster::isTracked).forEach(cluster::takeTouched);
      return;
    }
    members.compare(compared(part), part.whole, Set.copyOf(due), part.compared, sets);
    Set<IpSet> shrinking = sets.shrinking();
    shrinking.removeIf(set -> set.family() != family);
    shrinking.forEach(set -> part.restricted.addAll(wanted.usersOf(set)));
  }

  /** The sets that may have to be made or written anew. */
  private Map<String, IpSet> compared(Part part) {
    Map<String, IpSet> compared = new TreeMap<>();
    part.candidate.sets().forEach(set -> compared.put(set.name(), set));
    if (part.looksAtAll()) {
      wanted.sets().forEach(compared::putIfAbsent);
    }
    return compared;
  }

  private void untrackUnused(Set<AddressSetKey> candidates) {
    for (AddressSetKey set : candidates) {
      if (!wanted.named().contains(set)) {
        cluster.untrack(set);
        members.forget(set);
      }
    }
  }

  /**
   * The first look at the kernel: pods whose chains are there have these as their last good rules.
   */
  private void adopt() {
    if (!adopted) {
      adopted = true;
      AdoptedRules found = new AdoptedRules(family, cluster, this::rendered, present);
      wanted.take(wanted.with(found.ofLocalPods(), protectedCidrs(), ports));
    }
  }

  /** From the next attempt on, these ports of bridges are whose they say. */
  void ports(BridgePorts known) {
    ports = known;
  }

  /** Whether packets enter our chains at all. */
  boolean isHooked() {
    return wanted.hasBase();
  }

  /** Makes the next attempt read the kernel first, and finds what others changed. */
  void recheck(Set<KernelTool> by) {
    present.recheck(
        usesSets && by.contains(IptablesTools.IPSET), by.contains(IptablesTools.of(family)));
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
  Set<AddressSetKey> named() {
    return wanted.named();
  }

  /** What the kernel has for each pod that has rules. */
  SortedMap<ObjectKey, Enforcement> enforced() {
    SortedMap<ObjectKey, Enforcement> enforced = new TreeMap<>();
    wanted.pods().forEach((pod, chains) -> enforced.put(pod, chains.enforcement()));
    return enforced;
  }

  /** The rules of all pods. */
  Stream<String> rules() {
    return wanted.pods().values().stream()
        .flatMap(pod -> pod.chains().values().stream())
        .flatMap(List::stream);
  }

  String wantedText() {
    return DesiredText.of(family, wanted.chains(), wanted.sets(), cluster);
  }

  boolean isProgrammed(ObjectKey pod) {
    return wanted.pods().containsKey(pod);
  }

  /** Whether a kernel has just what the pod needs now. */
  boolean holds(ObjectKey key, ObservedState kernel) {
    return new EnforcementCheck(cluster, options, this::rendered, kernel)
        .areJustWhat(key, rules -> wanted.with(Map.of(key, rules), protectedCidrs(), ports).base());
  }

  /** All of this family, key by key; the family itself where it has no keys. */
  ReconcileRequest expand(ReconcileRequest work) {
    // A check that fails has no keys either: the kernel could not be read.
    boolean whole =
        work.everything().contains(family) || !Collections.disjoint(work.checks(), unread());
    Set<ObjectKey> pods = new HashSet<>(duePods(work));
    Set<AddressSetKey> sets = new HashSet<>();
    if (usesSets) {
      sets.addAll(ours(work.sets()));
      sets.addAll(whole ? wanted.named() : Set.of());
    }
    boolean nothing = pods.isEmpty() && sets.isEmpty();
    return new ReconcileRequest(
        pods.stream().map(pod -> new PodInFamily(pod, family)).collect(Collectors.toSet()),
        sets,
        whole && nothing ? Set.of(family) : Set.of(),
        Set.of(),
        work.causes());
  }

  /** Sets that nothing uses any more. */
  List<PendingTransaction> unused() {
    return present.unread().isEmpty() ? present.unused(wanted.sets().keySet()) : List.of();
  }
}
