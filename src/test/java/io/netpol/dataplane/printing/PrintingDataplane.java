package io.netpol.dataplane.printing;

import io.netpol.dataplane.ApplyPlan;
import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.Drift;
import io.netpol.dataplane.Enforcement;
import io.netpol.dataplane.Fault;
import io.netpol.dataplane.FormerOwners;
import io.netpol.dataplane.KernelSnapshot;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.PodInFamily;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.RuleCounter;
import io.netpol.dataplane.Transaction;
import io.netpol.dataplane.Transaction.Stage;
import io.netpol.dataplane.render.BridgePorts;
import io.netpol.dataplane.render.Chain;
import io.netpol.dataplane.render.PodRenderer;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.index.Cluster;
import io.netpol.model.ObjectKey;
import io.netpol.net.Family;
import io.netpol.net.IpAddress;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** A dataplane without a kernel: a tool gets the rules of each pod as the records print them. */
final class PrintingDataplane implements Dataplane {

  static final KernelTool PRINTER =
      new KernelTool("printer", 0, Set.of(Family.values()), Set.of(Stage.CHAINS), false);

  private static final FormerOwners NOBODY =
      new FormerOwners() {
        @Override
        public Set<IpAddress> addresses() {
          return Set.of();
        }

        @Override
        public boolean names(IpAddress address, ObjectKey pod) {
          return false;
        }
      };

  private final Cluster cluster;
  private final Set<Family> families;
  private final PodRenderer renderer;
  private final Map<PodInFamily, String> printed = new HashMap<>();
  private final Set<Transaction> unconfirmed = new HashSet<>();

  PrintingDataplane(Cluster cluster, RenderOptions options) {
    this.cluster = cluster;
    this.families = options.families();
    this.renderer = new PodRenderer(cluster, options, () -> BridgePorts.UNFILTERED);
  }

  /** The rules of some pods, by pod; empty text where it has none. */
  private final class Plan implements ApplyPlan {
    private final SortedMap<PodInFamily, String> changes = new TreeMap<>();
    private Transaction transaction;

    @Override
    public List<Transaction> transactions() {
      return transaction == null ? List.of() : List.of(transaction);
    }

    @Override
    public Set<ObjectKey> restricted() {
      return changedPods();
    }

    @Override
    public Set<ObjectKey> changedPods() {
      Set<ObjectKey> pods = new HashSet<>();
      changes.keySet().forEach(pod -> pods.add(pod.pod()));
      return pods;
    }

    @Override
    public void finish() {
      synchronized (PrintingDataplane.this) {
        printed.putAll(changes);
      }
    }

    @Override
    public void abandon() {}
  }

  @Override
  public synchronized ApplyPlan plan(ReconcileRequest request, Set<PodInFamily> quarantined) {
    return cluster.withLock(
        () -> {
          Plan plan = new Plan();
          Set<PodInFamily> pods = new HashSet<>(request.pods());
          for (Family family : request.everything()) {
            cluster.localPods().forEach(pod -> pods.add(new PodInFamily(pod, family)));
          }
          pods.removeIf(pod -> !families.contains(pod.family()));
          for (PodInFamily pod : pods) {
            String text = text(pod);
            if (!text.equals(printed.getOrDefault(pod, ""))) {
              plan.changes.put(pod, text);
            }
          }
          if (!plan.changes.isEmpty()) {
            String payload = String.join("", plan.changes.values());
            plan.transaction = new Transaction(PRINTER, Stage.CHAINS, payload, false);
            unconfirmed.add(plan.transaction);
          }
          return plan;
        });
  }

  private String text(PodInFamily key) {
    StringBuilder text = new StringBuilder();
    cluster
        .localPod(key.pod())
        .flatMap(pod -> renderer.render(pod, key.family()))
        .ifPresent(
            rules -> {
              text.append(key).append('\n');
              for (Chain chain : rules.chains().values()) {
                chain.rules().forEach(rule -> text.append("  ").append(rule).append('\n'));
              }
            });
    return text.toString();
  }

  @Override
  public List<KernelTool> tools() {
    return List.of(PRINTER);
  }

  @Override
  public KernelTool tool(String id) {
    return PRINTER;
  }

  @Override
  public List<KernelTool> stale(ReconcileRequest request) {
    return List.of();
  }

  @Override
  public List<Drift> observe(KernelTool tool, String listing) {
    return List.of();
  }

  @Override
  public boolean couldNotObserve(KernelTool tool) {
    return true;
  }

  @Override
  public void markStale(Set<KernelTool> tools) {}

  @Override
  public synchronized void forget() {
    printed.clear();
  }

  @Override
  public List<KernelTool> staleToVerify() {
    return List.of();
  }

  @Override
  public synchronized void confirm(Transaction transaction) {
    unconfirmed.remove(transaction);
  }

  @Override
  public synchronized boolean isConfirmed(Transaction transaction) {
    return !unconfirmed.contains(transaction);
  }

  @Override
  public Fault fault(Transaction transaction, String error) {
    return Fault.UNKNOWN;
  }

  @Override
  public boolean isLockedByOthers(String error) {
    return false;
  }

  @Override
  public Set<String> policiesBehind(String line, ApplyPlan plan) {
    return Set.of();
  }

  @Override
  public ReconcileRequest expand(ReconcileRequest request) {
    return request;
  }

  @Override
  public boolean isMoreToRepair(ReconcileRequest request) {
    return false;
  }

  @Override
  public List<String> stoppedRepairs() {
    return List.of();
  }

  @Override
  public List<Transaction> collectGarbage(int atMost) {
    return List.of();
  }

  @Override
  public List<KernelTool> staleToCollectGarbage() {
    return List.of();
  }

  @Override
  public void bridgePorts(BridgePorts ports) {}

  @Override
  public void prefetchSets(ObjectKey pod) {}

  @Override
  public synchronized boolean hasRules() {
    return !printed.isEmpty();
  }

  @Override
  public Map<Family, SortedMap<ObjectKey, Enforcement>> enforced() {
    return Map.of();
  }

  @Override
  public synchronized boolean isProgrammed(PodInFamily pod) {
    return printed.containsKey(pod);
  }

  @Override
  public boolean isProgrammed(PodInFamily pod, KernelSnapshot kernel) {
    return isProgrammed(pod);
  }

  @Override
  public KernelSnapshot snapshot(Map<KernelTool, String> listings) {
    return new KernelSnapshot() {};
  }

  @Override
  public List<KernelTool> countingTools() {
    return List.of();
  }

  @Override
  public Collection<RuleCounter> counters(KernelTool tool, String listing) {
    return List.of();
  }

  @Override
  public FormerOwners formerOwners() {
    return NOBODY;
  }

  @Override
  public synchronized String desiredText() {
    return String.join("", new TreeMap<>(printed).values());
  }
}
