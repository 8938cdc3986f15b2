package io.netpol.dataplane.reconcile;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.netpol.dataplane.ApplyPlan;
import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.Drift;
import io.netpol.dataplane.Enforcement;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.PendingTransaction;
import io.netpol.dataplane.PodInFamily;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.Transaction;
import io.netpol.dataplane.render.BridgePorts;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.index.AddressSetKey;
import io.netpol.index.Cluster;
import io.netpol.model.ObjectKey;
import io.netpol.net.Family;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Programs the kernel family by family. One lock, of this object, guards the desired and observed
 * state of all families. A back-end tells how its tools are read and written.
 */
public abstract class FamiliesDataplane implements Dataplane {

  private final Cluster cluster;
  private final SetDiff.Writer setWriter;
  private final Map<Family, FamilyDataplane> families = new EnumMap<>(Family.class);

  /** Whether sets of an earlier run, with other settings, have yet to be found. */
  @GuardedBy("this")
  private boolean setsMayBeLeft;

  /** Whether sets are tracked that perhaps no rule uses. */
  @GuardedBy("this")
  private boolean prefetched;

  /** Payloads that were tried since all unused sets had their turn. */
  @GuardedBy("this")
  private final Set<String> triedToDestroy = new HashSet<>();

  /** The update of the observed state for each transaction of the plan. */
  @GuardedBy("this")
  private final Map<Transaction, Runnable> unconfirmed = new HashMap<>();

  @GuardedBy("this")
  private boolean planned;

  /**
   * Makes a dataplane.
   *
   * @param unread whether it must read the kernel before it writes; else the kernel has nothing of
   *     the agent
   */
  protected FamiliesDataplane(
      Cluster cluster,
      RenderOptions options,
      SetDiff.Writer setWriter,
      Function<Family, FamilyBackend> backends,
      boolean unread) {
    this.cluster = cluster;
    this.setWriter = setWriter;
    boolean usesSets = options.peers() == RenderOptions.PeerForm.IPSET;
    this.setsMayBeLeft = !usesSets;
    for (Family family : options.families()) {
      FamilyBackend backend = backends.apply(family);
      ObservedState observed =
          unread ? new ObservedState(backend, usesSets) : ObservedState.empty(backend, usesSets);
      families.put(family, new FamilyDataplane(family, cluster, options, backend, observed));
    }
  }

  @Override
  public synchronized List<KernelTool> stale(ReconcileRequest request) {
    Set<KernelTool> unread = new TreeSet<>();
    families(request).forEach(dataplane -> unread.addAll(dataplane.unread()));
    return List.copyOf(unread);
  }

  @Override
  public List<KernelTool> tools() {
    Set<KernelTool> tools = new TreeSet<>();
    families.values().forEach(dataplane -> tools.addAll(dataplane.tools()));
    return List.copyOf(tools);
  }

  /** Returns the sets of all families that the kernel is known or assumed to have, by name. */
  protected Map<String, ObservedSet> observedSets() {
    Map<String, ObservedSet> sets = new HashMap<>();
    families.values().forEach(dataplane -> sets.putAll(dataplane.observedSets()));
    return sets;
  }

  private Collection<FamilyDataplane> families(ReconcileRequest request) {
    Map<Family, FamilyDataplane> some = new EnumMap<>(families);
    some.keySet().retainAll(request.families());
    return some.values();
  }

  @Override
  public synchronized boolean couldNotObserve(KernelTool tool) {
    boolean known = true;
    for (FamilyDataplane dataplane : families.values()) {
      known &= dataplane.couldNotRead(tool);
    }
    return known;
  }

  @Override
  public synchronized boolean isMoreToRepair(ReconcileRequest request) {
    return families.entrySet().stream()
        .anyMatch(
            dataplane ->
                !request.families().contains(dataplane.getKey())
                    && dataplane.getValue().needsFullDiff());
  }

  @Override
  public synchronized void confirm(Transaction transaction) {
    Runnable effect = unconfirmed.remove(transaction);
    if (effect != null) {
      effect.run();
    }
  }

  @Override
  public synchronized boolean isConfirmed(Transaction transaction) {
    return !unconfirmed.containsKey(transaction);
  }

  @Override
  public synchronized void bridgePorts(BridgePorts ports) {
    families.values().forEach(dataplane -> dataplane.ports(ports));
  }

  @Override
  public synchronized boolean hasRules() {
    return families.values().stream().anyMatch(FamilyDataplane::isHooked);
  }

  @Override
  public synchronized void markStale(Set<KernelTool> tools) {
    families.values().forEach(dataplane -> dataplane.recheck(tools));
  }

  @Override
  public synchronized void forget() {
    families.values().forEach(FamilyDataplane::forget);
  }

  /** Combines the plans of all requested families. */
  private final class Plan implements ApplyPlan {
    private final List<FamilyDataplane.FamilyPlan> plans = new ArrayList<>();
    private final List<PendingTransaction> pending = new ArrayList<>();

    @Override
    public List<Transaction> transactions() {
      return pending.stream().map(PendingTransaction::transaction).toList();
    }

    @Override
    public Set<ObjectKey> restricted() {
      Set<ObjectKey> restricted = new TreeSet<>();
      plans.forEach(plan -> restricted.addAll(plan.restricted()));
      return restricted;
    }

    @Override
    public Set<ObjectKey> changedPods() {
      Set<ObjectKey> changed = new TreeSet<>();
      plans.forEach(plan -> changed.addAll(plan.changedPods()));
      return changed;
    }

    @Override
    public void finish() {
      synchronized (FamiliesDataplane.this) {
        plans.forEach(FamilyDataplane.FamilyPlan::succeeded);
        completePrefetch();
      }
    }

    @Override
    public void abandon() {
      synchronized (FamiliesDataplane.this) {
        plans.forEach(FamilyDataplane.FamilyPlan::failed);
      }
    }
  }

  @Override
  public synchronized void prefetchSets(ObjectKey pod) {
    families.values().forEach(dataplane -> dataplane.prefetchSets(pod));
    prefetched = true;
  }

  /** Stops tracking the prefetched sets that no rule uses. */
  @GuardedBy("this")
  private void completePrefetch() {
    if (prefetched) {
      prefetched = false;
      Set<AddressSetKey> unnamed = new HashSet<>(cluster.tracked());
      families.values().forEach(dataplane -> unnamed.removeAll(dataplane.named()));
      unnamed.forEach(cluster::untrack);
    }
  }

  @Override
  public synchronized ApplyPlan plan(ReconcileRequest request, Set<PodInFamily> quarantined) {
    if (!stale(request).isEmpty()) {
      throw new IllegalStateException("the kernel was not read");
    }
    planned = true;
    Plan made = cluster.withLock(() -> make(request, quarantined));
    unconfirmed.clear();
    for (PendingTransaction each : made.pending) {
      unconfirmed.put(each.transaction(), each.confirmed());
    }
    return made;
  }

  private Plan make(ReconcileRequest request, Set<PodInFamily> quarantined) {
    Plan plan = new Plan();
    SetDiff sets = new SetDiff(setWriter);
    try {
      families(request)
          .forEach(dataplane -> plan.plans.add(dataplane.plan(request, quarantined, sets)));
    } catch (RuntimeException e) {
      plan.abandon();
      throw e;
    }
    List<PendingTransaction> tables =
        plan.plans.stream()
            .map(FamilyDataplane.FamilyPlan::table)
            .flatMap(Optional::stream)
            .toList();
    boolean rulesFollow = !tables.isEmpty();
    List<PendingTransaction> pending = new ArrayList<>();
    sets.before(rulesFollow).ifPresent(pending::add);
    pending.addAll(tables);
    sets.after(rulesFollow).ifPresent(pending::add);
    plan.pending.addAll(combined(pending));
    return plan;
  }

  @Override
  public synchronized Map<Family, SortedMap<ObjectKey, Enforcement>> enforced() {
    Map<Family, SortedMap<ObjectKey, Enforcement>> enforced = new EnumMap<>(Family.class);
    families.forEach((family, dataplane) -> enforced.put(family, dataplane.enforced()));
    return enforced;
  }

  @Override
  public synchronized String desiredText() {
    return cluster.withLock(
        () ->
            families.values().stream()
                .map(FamilyDataplane::desiredText)
                .collect(Collectors.joining()));
  }

  @Override
  public synchronized boolean isProgrammed(PodInFamily pod) {
    return families.containsKey(pod.family())
        && cluster.withLock(() -> families.get(pod.family()).isProgrammed(pod.pod()));
  }

  @Override
  public synchronized ReconcileRequest expand(ReconcileRequest request) {
    return cluster.withLock(
        () ->
            families(request).stream()
                .map(dataplane -> dataplane.expand(request))
                .reduce(ReconcileRequest.NONE, ReconcileRequest::and));
  }

  @Override
  public synchronized List<Transaction> collectGarbage(int atMost) {
    List<PendingTransaction> unused =
        families.values().stream().flatMap(dataplane -> dataplane.unused().stream()).toList();
    Set<String> tried = triedToDestroy;
    List<PendingTransaction> untried =
        unused.stream().filter(each -> !tried.contains(each.transaction().payload())).toList();
    if (untried.isEmpty()) {
      triedToDestroy.clear();
      untried = unused;
    }
    List<Transaction> now = new ArrayList<>();
    for (PendingTransaction pending : untried.subList(0, Math.min(atMost, untried.size()))) {
      triedToDestroy.add(pending.transaction().payload());
      unconfirmed.put(pending.transaction(), pending.confirmed());
      now.add(pending.transaction());
    }
    return now;
  }

  /**
   * Returns the transactions of a plan as the tool can execute them; the default is one after the
   * other.
   *
   * @param pending in the order in which they have to take effect
   */
  protected List<PendingTransaction> combined(List<PendingTransaction> pending) {
    return pending;
  }

  @Override
  public synchronized List<KernelTool> staleToVerify() {
    return families.values().stream()
        .filter(FamilyDataplane::mustVerify)
        .map(FamilyDataplane::chainsTool)
        .distinct()
        .toList();
  }

  @Override
  public synchronized List<String> stoppedRepairs() {
    List<String> stopped = new ArrayList<>();
    families.forEach(
        (family, dataplane) ->
            dataplane
                .stoppedRepairs()
                .forEach(
                    (name, difference) ->
                        stopped.add(dataplane.chainsTool().id() + " " + name + ": " + difference)));
    return stopped;
  }

  /** Returns whether a plan was made. */
  @GuardedBy("this")
  protected final boolean isPlanned() {
    return planned;
  }

  /** Returns whether the sets of all families are known, if only as they were last written. */
  protected final boolean knowsSets() {
    return families.values().stream().allMatch(FamilyDataplane::knowsSets);
  }

  /** Returns whether all sets are assumed, and only have to be compared with the kernel's. */
  protected final boolean assumesSets() {
    return families.values().stream().allMatch(FamilyDataplane::assumesSets);
  }

  /** Records that the kernel has exactly the assumed sets. */
  protected final void confirmSets() {
    families.values().forEach(FamilyDataplane::confirmSets);
  }

  /**
   * Updates the sets of all families.
   *
   * @return what others changed since the state was last known
   */
  protected final List<Drift> readSets(Map<Family, Map<String, ObservedSet>> sets) {
    List<Drift> drift = new ArrayList<>();
    families.forEach(
        (family, dataplane) ->
            drift.addAll(dataplane.readSets(sets.getOrDefault(family, new HashMap<>()))));
    return drift;
  }

  /**
   * Updates the chains of the families that a tool reads.
   *
   * @param read parses what the listing has of a family
   * @return what others changed since the state was last known
   */
  protected final List<Drift> readChains(
      KernelTool tool, Function<Family, ObservedState.ReadChains> read) {
    List<Drift> drift = new ArrayList<>();
    families.forEach(
        (family, dataplane) -> {
          if (dataplane.chainsTool().equals(tool)) {
            drift.addAll(dataplane.readChains(read.apply(family)));
          }
        });
    return drift;
  }

  /** Returns the chains of all families that the kernel is known or assumed to have, by name. */
  protected final Map<String, List<String>> observedChains() {
    Map<String, List<String>> chains = new HashMap<>();
    families.values().forEach(dataplane -> chains.putAll(dataplane.observedChains()));
    return chains;
  }

  /** Returns the families that are programmed. */
  protected final Set<Family> families() {
    return families.keySet();
  }

  /** Returns the rules of the chains of all pods. */
  protected final Stream<String> rules() {
    return families.values().stream().flatMap(FamilyDataplane::rules);
  }

  /**
   * Returns whether a kernel has exactly the rules that the pod needs now.
   *
   * @param kernel the state of the pod's family
   */
  protected final boolean isProgrammed(PodInFamily pod, ObservedState kernel) {
    return families.containsKey(pod.family())
        && cluster.withLock(() -> families.get(pod.family()).isProgrammed(pod.pod(), kernel));
  }

  @Override
  public synchronized List<KernelTool> staleToCollectGarbage() {
    boolean look = setsMayBeLeft;
    setsMayBeLeft = false;
    return look ? List.of(setWriter.tool()) : List.of();
  }
}
