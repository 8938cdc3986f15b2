package io.netpol.dataplane.iptables;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.netpol.dataplane.ApplyPlan;
import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.Drift;
import io.netpol.dataplane.Enforcement;
import io.netpol.dataplane.Fault;
import io.netpol.dataplane.FormerOwners;
import io.netpol.dataplane.KernelSnapshot;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.PendingTransaction;
import io.netpol.dataplane.PodInFamily;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.RuleCounter;
import io.netpol.dataplane.Transaction;
import io.netpol.dataplane.ipset.IpSetDiff;
import io.netpol.dataplane.ipset.ObservedSet;
import io.netpol.dataplane.ipset.SavedSets;
import io.netpol.dataplane.ipset.SetSummary;
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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Programs the kernel with iptables and ipset. One lock, of this object, guards the desired and
 * observed state of all families.
 */
public final class IptablesDataplane implements Dataplane {

  /** Matches "line 5: RULE_APPEND failed", "Error occurred at line: 5" and ipset's "in line 5:". */
  private static final Pattern LINE = Pattern.compile("line:? (\\d{1,9})");

  /** A part of the message of iptables when it timed out on the xtables lock. */
  private static final String LOCKED = "xtables lock";

  private final Cluster cluster;

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

  /** The owners by the rules of the previous agent, read until the first plan. */
  @GuardedBy("this")
  private final FormerRuleOwners formerOwners = new FormerRuleOwners();

  @GuardedBy("this")
  private boolean planned;

  private IptablesDataplane(
      Cluster cluster, RenderOptions options, Function<Family, ObservedState> observed) {
    this.cluster = cluster;
    this.setsMayBeLeft = options.peers() == RenderOptions.PeerForm.RULES;
    for (Family family : options.families()) {
      families.put(family, new FamilyDataplane(family, cluster, options, observed.apply(family)));
    }
  }

  /** Makes a dataplane that must read the kernel before it writes. */
  public static IptablesDataplane unread(Cluster cluster, RenderOptions options) {
    return new IptablesDataplane(cluster, options, ObservedState::new);
  }

  /** Makes a dataplane for a kernel that has nothing of the agent. */
  public static IptablesDataplane empty(Cluster cluster, RenderOptions options) {
    return new IptablesDataplane(cluster, options, ObservedState::empty);
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

  @Override
  public Optional<KernelTool> summary(KernelTool tool) {
    return tool.equals(IptablesTools.IPSET)
        ? Optional.of(IptablesTools.IPSET_SUMMARY)
        : Optional.empty();
  }

  @Override
  public synchronized boolean agrees(KernelTool summary, String listing) {
    return families.values().stream().allMatch(FamilyDataplane::knowsSets)
        && SetSummary.agrees(observedSets(), listing);
  }

  /** Returns the sets of all families that the kernel is known or assumed to have, by name. */
  private Map<String, ObservedSet> observedSets() {
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
  public synchronized List<Drift> observe(KernelTool tool, String saved) {
    List<Drift> drift = new ArrayList<>();
    if (tool.equals(IptablesTools.IPSET)) {
      drift.addAll(readSets(saved));
    } else {
      families.forEach(
          (family, dataplane) -> {
            if (IptablesTools.of(family).equals(tool)) {
              drift.addAll(dataplane.readTable(saved));
            }
          });
      if (!planned) {
        formerOwners.read(saved);
      }
    }
    return drift;
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
  public synchronized List<KernelTool> staleToVerify() {
    return families.entrySet().stream()
        .filter(dataplane -> dataplane.getValue().mustVerify())
        .map(dataplane -> IptablesTools.of(dataplane.getKey()))
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
                        stopped.add(
                            IptablesTools.of(family).id() + " " + name + ": " + difference)));
    return stopped;
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

  private List<Drift> readSets(String saved) {
    if (families.values().stream().allMatch(FamilyDataplane::assumesSets)) {
      if (SavedSets.areExactly(observedSets(), saved)) {
        families.values().forEach(FamilyDataplane::confirmSets);
        return List.of();
      }
    }
    List<Drift> drift = new ArrayList<>();
    Map<Family, Map<String, ObservedSet>> sets = SavedSets.read(saved);
    families.forEach(
        (family, dataplane) ->
            drift.addAll(dataplane.readSets(sets.getOrDefault(family, new HashMap<>()))));
    return drift;
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
      synchronized (IptablesDataplane.this) {
        plans.forEach(FamilyDataplane.FamilyPlan::succeeded);
        completePrefetch();
      }
    }

    @Override
    public void abandon() {
      synchronized (IptablesDataplane.this) {
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
    IpSetDiff sets = new IpSetDiff();
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
    sets.before(rulesFollow).ifPresent(plan.pending::add);
    plan.pending.addAll(tables);
    sets.after(rulesFollow).ifPresent(plan.pending::add);
    return plan;
  }

  @Override
  public synchronized Map<Family, SortedMap<ObjectKey, Enforcement>> enforced() {
    Map<Family, SortedMap<ObjectKey, Enforcement>> enforced = new EnumMap<>(Family.class);
    families.forEach((family, dataplane) -> enforced.put(family, dataplane.enforced()));
    return enforced;
  }

  @Override
  public Fault fault(Transaction transaction, String error) {
    Matcher named = LINE.matcher(error);
    int number = named.find() ? Integer.parseInt(named.group(1)) : 0;
    List<String> lines = number == 0 ? List.of() : transaction.payload().lines().toList();
    if (number < 1 || number > lines.size()) {
      return Fault.UNKNOWN;
    }
    String line = lines.get(number - 1);
    return new Fault(number, RestoreFiles.endsTransaction(line) ? null : line);
  }

  @Override
  public boolean isLockedByOthers(String error) {
    return error.contains(LOCKED);
  }

  @Override
  public synchronized Set<String> policiesBehind(String line, ApplyPlan plan) {
    Stream<String> written = plan.transactions().stream().flatMap(each -> each.payload().lines());
    Stream<String> there = families.values().stream().flatMap(FamilyDataplane::rules);
    return RulePolicies.of(line, Stream.concat(written, there));
  }

  @Override
  public KernelSnapshot snapshot(Map<KernelTool, String> listings) {
    return new ReadKernel(listings);
  }

  @Override
  public KernelTool tool(String id) {
    return Stream.concat(IptablesTools.ALL.stream(), Stream.of(IptablesTools.IPSET_SUMMARY))
        .filter(tool -> tool.id().equals(id))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("iptables has no tool " + id));
  }

  @Override
  public List<KernelTool> countingTools() {
    return families.keySet().stream().map(IptablesTools::of).toList();
  }

  @Override
  public Collection<RuleCounter> counters(KernelTool tool, String listing) {
    return RuleCounters.list(tool.id(), listing);
  }

  @Override
  public synchronized FormerOwners formerOwners() {
    return formerOwners;
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
  public synchronized boolean isProgrammed(PodInFamily pod, KernelSnapshot kernel) {
    return families.containsKey(pod.family())
        && cluster.withLock(
            () ->
                families
                    .get(pod.family())
                    .isProgrammed(pod.pod(), ((ReadKernel) kernel).of(pod.family())));
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

  @Override
  public synchronized List<KernelTool> staleToCollectGarbage() {
    boolean look = setsMayBeLeft;
    setsMayBeLeft = false;
    return look ? List.of(IptablesTools.IPSET) : List.of();
  }
}
