package io.netpol.dataplane.reconcile;

import io.netpol.dataplane.Drift;
import io.netpol.dataplane.Enforcement;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.PendingTransaction;
import io.netpol.dataplane.PodInFamily;
import io.netpol.dataplane.ReconcileRequest;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Reconciles the desired with the observed state of one address family: its chains, and the sets
 * they use. Guarded by the lock of its {@link FamiliesDataplane}.
 */
public final class FamilyDataplane {

  private final Family family;
  private final Cluster cluster;
  private final RenderOptions options;
  private final boolean usesSets;
  private final PodRenderer renderer;
  private final FamilyBackend backend;
  private final DesiredState desired;
  private final ObservedState observed;
  private final SetReconciler members;
  private BridgePorts ports;
  private boolean adopted;

  /**
   * Chains of abandoned plans, which may be in the kernel; those that are not desired must be
   * deleted.
   */
  private final Set<String> orphanChains = new HashSet<>();

  FamilyDataplane(
      Family family,
      Cluster cluster,
      RenderOptions options,
      FamilyBackend backend,
      ObservedState observed) {
    this.family = family;
    this.backend = backend;
    this.cluster = cluster;
    this.options = options;
    this.usesSets = options.peers() == RenderOptions.PeerForm.IPSET;
    this.ports =
        options.bridge().filter() == RenderOptions.Filter.OFF
            ? BridgePorts.UNFILTERED
            : BridgePorts.UNKNOWN;
    this.renderer = new PodRenderer(cluster, options, () -> ports);
    this.desired = new DesiredState(backend);
    this.observed = observed;
    this.members = new SetReconciler(backend, cluster, desired, observed);
  }

  /** Returns the tools that read and write the kernel. */
  Set<KernelTool> tools() {
    return usesSets
        ? new TreeSet<>(List.of(backend.setsTool(), backend.chainsTool()))
        : Set.of(backend.chainsTool());
  }

  /** Returns the tool that reads and writes chains. */
  KernelTool chainsTool() {
    return backend.chainsTool();
  }

  /** Returns the tools whose listings must be read before the next plan. */
  Set<KernelTool> unread() {
    return observed.unread();
  }

  List<Drift> readChains(ObservedState.ReadChains read) {
    return observed.readChains(read);
  }

  List<Drift> readSets(Map<String, ObservedSet> sets) {
    List<Drift> drift = observed.readSets(sets);
    members.changedByOthers(drift);
    return drift;
  }

  /**
   * Records that a listing cannot be read, and returns whether the family can be planned without
   * it.
   */
  boolean couldNotRead(KernelTool tool) {
    return !tools().contains(tool) || observed.couldNotRead(tool);
  }

  /** Returns whether a listing showed changes that no request names and no plan has repaired. */
  boolean needsFullDiff() {
    return observed.needsFullDiff();
  }

  /** Returns whether the table must be read again right after it was written. */
  boolean mustVerify() {
    return observed.mustVerify();
  }

  /** Returns the repairs that were stopped, by chain or hook. */
  Map<String, RepairBreaker.Difference> stoppedRepairs() {
    return observed.stoppedRepairs();
  }

  /** Returns the sets that the kernel is known or assumed to have, by name. */
  Map<String, ObservedSet> observedSets() {
    return observed.sets();
  }

  /** Returns the chains that the kernel is known or assumed to have, by name. */
  Map<String, List<String>> observedChains() {
    return observed.chains();
  }

  /** Returns whether the sets are known, if only as they were last written. */
  boolean knowsSets() {
    return observed.knowsSets();
  }

  /** Returns whether the sets are assumed, and only have to be compared with the kernel's. */
  boolean assumesSets() {
    return observed.assumesSets();
  }

  /** Records that the kernel has exactly the assumed sets. */
  void confirmSets() {
    observed.confirmSets();
  }

  /** Holds the part of a plan for this family. */
  final class FamilyPlan {
    private final DesiredState.DesiredChange change;
    private final boolean whole;

    /**
     * Whether everything must be compared, because the kernel may differ in what no request names.
     */
    private final boolean needsFullDiff = observed.needsFullDiff();

    private final int observations = observed.observations();

    private final Set<AddressSetKey> compared = new HashSet<>();
    private final Set<ObjectKey> restricted = new TreeSet<>();
    private Optional<PendingTransaction> table = Optional.empty();

    private FamilyPlan(DesiredState.DesiredChange change, boolean whole) {
      this.change = change;
      this.whole = whole;
    }

    /** Returns whether everything is compared, not only what the request names. */
    private boolean looksAtAll() {
      return whole || needsFullDiff;
    }

    /** Returns the transaction for the family's table; empty if nothing differs. */
    Optional<PendingTransaction> table() {
      return table;
    }

    /** Returns the pods for which the plan may deny connections that were allowed. */
    Set<ObjectKey> restricted() {
      return restricted;
    }

    /** Returns the pods whose rules change. */
    Set<ObjectKey> changedPods() {
      return change.changes().keySet();
    }

    void succeeded() {
      Set<AddressSetKey> named = desired.namedByOrFor(change);
      desired.take(change);
      orphanChains.clear();
      members.delivered(compared);
      observed.reconciled(observations);
      untrackUnused(named);
    }

    void failed() {
      members.notDelivered(compared);
      orphanChains.addAll(desired.changedChains(change).keySet());
      observed.forget();
      untrackUnused(desired.namedByOrFor(change));
    }
  }

  /** Plans the requested part of this family; differences of sets are added to {@code sets}. */
  FamilyPlan plan(ReconcileRequest request, Set<PodInFamily> quarantined, SetDiff sets) {
    adopt();
    boolean whole = request.everything().contains(family);
    Map<ObjectKey, Optional<PodChains>> changes = new TreeMap<>();
    for (ObjectKey key : pendingPods(request)) {
      boolean quarantine = quarantined.contains(new PodInFamily(key, family));
      changes.put(
          key,
          cluster
              .localPod(key)
              .flatMap(
                  p ->
                      quarantine
                          ? renderer.renderQuarantined(p, family)
                          : renderer.render(p, family))
              .map(this::written));
    }
    FamilyPlan plan = new FamilyPlan(desired.with(changes, protectedCidrs(), ports), whole);
    try {
      plan.change.named().forEach(cluster::track);
      compareSets(plan, request, sets);
      compareTable(plan);
      return plan;
    } catch (RuntimeException e) {
      plan.failed(); // the members that it has taken must be compared again
      throw e;
    }
  }

  private PodChains written(PodRules rules) {
    return PodChains.of(rules, backend);
  }

  private Optional<PodChains> rendered(Pod pod) {
    return renderer.render(pod, family).map(this::written);
  }

  private Set<ObjectKey> pendingPods(ReconcileRequest request) {
    Set<ObjectKey> pending = new TreeSet<>();
    for (PodInFamily pod : request.pods()) {
      if (pod.family() == family) {
        pending.add(pod.pod());
      }
    }
    if (request.everything().contains(family)) {
      pending.addAll(allPods());
    }
    if (!usesSets) {
      ours(request.sets()).forEach(set -> pending.addAll(desired.usersOf(set)));
    }
    return pending;
  }

  private Set<ObjectKey> allPods() {
    Set<ObjectKey> all = new TreeSet<>(cluster.localPods());
    all.addAll(desired.pods().keySet());
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

  private void compareTable(FamilyPlan plan) {
    Set<String> suspected = new HashSet<>(orphanChains);
    if (plan.looksAtAll()) {
      suspected.addAll(observed.chains().keySet());
    }
    Map<String, List<String>> compare =
        plan.looksAtAll() ? desired.chainsWith(plan.change) : desired.changedChains(plan.change);
    Set<String> unwanted = desired.unwantedChains(plan.change, suspected);
    boolean base = plan.change.base().containsKey(backend.chainName(Names.FORWARD));
    plan.table = backend.difference(compare, unwanted, base, observed);
    plan.restricted.addAll(plan.change.changes().keySet());
  }

  private void compareSets(FamilyPlan plan, ReconcileRequest request, SetDiff sets) {
    Collection<AddressSetKey> pending = ours(request.sets());
    if (!usesSets) {
      plan.compared.addAll(pending);
      pending.stream().filter(cluster::isTracked).forEach(cluster::takeTouched);
      return;
    }
    members.compare(compared(plan), plan.whole, Set.copyOf(pending), plan.compared, sets);
    Set<KernelSet> shrinking = sets.shrinking();
    shrinking.removeIf(set -> set.family() != family);
    shrinking.forEach(set -> plan.restricted.addAll(desired.usersOf(set)));
  }

  /** Returns the sets that may have to be created or rewritten. */
  private Map<String, KernelSet> compared(FamilyPlan plan) {
    Map<String, KernelSet> compared = new TreeMap<>();
    plan.change.sets().forEach(set -> compared.put(set.name(), set));
    if (plan.looksAtAll()) {
      desired.sets().forEach(compared::putIfAbsent);
    }
    return compared;
  }

  private void untrackUnused(Set<AddressSetKey> candidates) {
    for (AddressSetKey set : candidates) {
      if (!desired.named().contains(set)) {
        cluster.untrack(set);
        members.forget(set);
      }
    }
  }

  /**
   * Adopts, on the first plan, the chains that the kernel has as the last good rules of their pods.
   */
  private void adopt() {
    if (!adopted) {
      adopted = true;
      AdoptedRules found = new AdoptedRules(family, backend, cluster, this::rendered, observed);
      desired.take(desired.with(found.ofLocalPods(), protectedCidrs(), ports));
    }
  }

  /** Updates the bridge ports for the next plan. */
  void ports(BridgePorts known) {
    ports = known;
  }

  /** Returns whether the base chains of the agent are in use. */
  boolean isHooked() {
    return desired.hasBase();
  }

  /** Requires new listings of these tools before the next plan, to find what others changed. */
  void recheck(Set<KernelTool> by) {
    observed.recheck(by);
  }

  /** Records that the state of the kernel is unknown. */
  void forget() {
    observed.forget();
  }

  /** Tracks the sets that the rules of a pod will need. */
  void prefetchSets(ObjectKey key) {
    cluster
        .localPod(key)
        .flatMap(pod -> renderer.render(pod, family))
        .ifPresent(rules -> rules.pods().forEach(cluster::track));
  }

  /** Returns the keys of the peers that any rules use. */
  Set<AddressSetKey> named() {
    return desired.named();
  }

  /** Returns what the kernel enforces for each pod with rules. */
  SortedMap<ObjectKey, Enforcement> enforced() {
    SortedMap<ObjectKey, Enforcement> enforced = new TreeMap<>();
    desired.pods().forEach((pod, chains) -> enforced.put(pod, chains.enforcement()));
    return enforced;
  }

  /** Returns the rules of all pods. */
  Stream<String> rules() {
    return desired.pods().values().stream()
        .flatMap(pod -> pod.chains().values().stream())
        .flatMap(List::stream);
  }

  String desiredText() {
    Map<KernelSet, List<String>> sets = new LinkedHashMap<>();
    new TreeMap<>(desired.sets()).values().forEach(set -> sets.put(set, entries(set)));
    return backend.text(new TreeMap<>(desired.chains()), sets);
  }

  private List<String> entries(KernelSet set) {
    if (set.pods().isEmpty()) {
      return set.entries();
    }
    return cluster.isTracked(set.pods().get())
        ? cluster.members(set.pods().get()).stream().map(KernelSet::text).sorted().toList()
        : List.of();
  }

  /**
   * Returns whether the kernel leads each address of the pod to its rules, as last known. A pod on
   * a bridge is in the desired state before it has an address, and its address can change.
   */
  boolean isProgrammed(ObjectKey key) {
    PodChains rules = desired.pods().get(key);
    return rules != null
        && cluster
            .localPod(key)
            .map(pod -> rules.addresses().containsAll(pod.addresses(family)))
            .orElse(true);
  }

  /** Returns whether a kernel has exactly what the pod needs now. */
  boolean isProgrammed(ObjectKey key, ObservedState kernel) {
    return new EnforcementCheck(cluster, backend, usesSets, this::rendered, kernel)
        .matches(key, rules -> desired.with(Map.of(key, rules), protectedCidrs(), ports).base());
  }

  /**
   * Returns the request for this family with its keys in place of the family; the family itself if
   * it has no keys.
   */
  ReconcileRequest expand(ReconcileRequest request) {
    // A failed resync has no keys either: the kernel could not be read.
    boolean whole =
        request.everything().contains(family) || !Collections.disjoint(request.checks(), unread());
    Set<ObjectKey> pods = new HashSet<>(pendingPods(request));
    Set<AddressSetKey> sets = new HashSet<>();
    if (usesSets) {
      sets.addAll(ours(request.sets()));
      sets.addAll(whole ? desired.named() : Set.of());
    }
    boolean nothing = pods.isEmpty() && sets.isEmpty();
    return new ReconcileRequest(
        pods.stream().map(pod -> new PodInFamily(pod, family)).collect(Collectors.toSet()),
        sets,
        whole && nothing ? Set.of(family) : Set.of(),
        Set.of(),
        request.triggers());
  }

  /** Returns transactions that destroy unused sets. */
  List<PendingTransaction> unused() {
    return observed.unread().isEmpty() ? observed.unused(desired.sets().keySet()) : List.of();
  }
}
