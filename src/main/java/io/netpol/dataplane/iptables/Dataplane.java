package io.netpol.dataplane.iptables;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.netpol.dataplane.Drift;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.PodInFamily;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.Transaction;
import io.netpol.dataplane.UnreadableListing;
import io.netpol.dataplane.ipset.IpSetDiff;
import io.netpol.dataplane.ipset.ObservedSet;
import io.netpol.dataplane.ipset.SavedSets;
import io.netpol.dataplane.render.BridgePorts;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.index.Cluster;
import io.netpol.index.PodSet;
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

/**
 * What is wanted and what is present in the kernel of this node, and the deliveries that turn the
 * one into the other. One attempt is under way at a time.
 *
 * <p>What an attempt wants becomes what is wanted only when all of it was delivered, so a piece
 * that the kernel refuses never stands in the way of the next.
 */
public final class Dataplane {

  private final Cluster cluster;

  private final Map<Family, FamilyDataplane> planes = new EnumMap<>(Family.class);

  /** Whether sets of an earlier run, which used them, have still to be looked for. */
  @GuardedBy("this")
  private boolean setsMayBeLeft;

  /** Whether sets are followed that perhaps no rule names. */
  @GuardedBy("this")
  private boolean expected;

  /** Sets that were to be destroyed since all had their turn. */
  @GuardedBy("this")
  private final Set<String> triedToDestroy = new HashSet<>();

  private Dataplane(
      Cluster cluster, RenderOptions options, Function<Family, ObservedState> present) {
    this.cluster = cluster;
    this.setsMayBeLeft = options.peers() == RenderOptions.PeerForm.RULES;
    for (Family family : options.families()) {
      planes.put(family, new FamilyDataplane(family, cluster, options, present.apply(family)));
    }
  }

  /** For a kernel that must be read before anything is written. */
  public static Dataplane unread(Cluster cluster, RenderOptions options) {
    return new Dataplane(cluster, options, ObservedState::new);
  }

  /** For a kernel that holds nothing of ours. */
  public static Dataplane empty(Cluster cluster, RenderOptions options) {
    return new Dataplane(cluster, options, ObservedState::empty);
  }

  /** The tools whose view of the kernel must be read before this work can be attempted. */
  public synchronized List<KernelTool> unread(ReconcileRequest work) {
    Set<KernelTool> unread = new TreeSet<>();
    planes(work).forEach(plane -> unread.addAll(plane.unread()));
    return List.copyOf(unread);
  }

  /** The tools by which the kernel is read and written. */
  public List<KernelTool> tools() {
    Set<KernelTool> tools = new TreeSet<>();
    planes.values().forEach(plane -> tools.addAll(plane.tools()));
    return List.copyOf(tools);
  }

  private Collection<FamilyDataplane> planes(ReconcileRequest work) {
    Map<Family, FamilyDataplane> some = new EnumMap<>(planes);
    some.keySet().retainAll(work.families());
    return some.values();
  }

  /**
   * Takes in what {@code iptables-save}, {@code ip6tables-save} or {@code ipset save} printed.
   *
   * @return what somebody else changed since the kernel was known last; empty where it was not
   * @throws UnreadableListing if it is not complete or not understood; nothing is taken in then
   */
  public synchronized List<Drift> read(KernelTool tool, String saved) {
    List<Drift> drift = new ArrayList<>();
    if (tool == KernelTool.IPSET) {
      drift.addAll(readSets(saved));
    } else {
      planes.forEach(
          (family, plane) -> {
            if (KernelTool.of(family) == tool) {
              drift.addAll(plane.readTable(saved));
            }
          });
    }
    return drift;
  }

  /**
   * A tool's listing cannot be read. Where the kernel was known before, what was delivered goes on
   * to be believed.
   *
   * @return whether work can be attempted without it
   */
  public synchronized boolean couldNotRead(KernelTool tool) {
    boolean known = true;
    for (FamilyDataplane plane : planes.values()) {
      known &= plane.couldNotRead(tool);
    }
    return known;
  }

  /** The tools to read after an attempt, as their tables may be printed otherwise than written. */
  public synchronized List<KernelTool> unreadToVerify() {
    return planes.entrySet().stream()
        .filter(plane -> plane.getValue().mustVerify())
        .map(plane -> KernelTool.of(plane.getKey()))
        .toList();
  }

  /**
   * The chains and jumps that are no longer repaired, because the kernel's tool prints them
   * otherwise than they are written, with both texts; empty as it should be.
   */
  public synchronized List<String> stoppedRepairs() {
    List<String> stopped = new ArrayList<>();
    planes.forEach(
        (family, plane) ->
            plane
                .stoppedRepairs()
                .forEach(
                    (name, difference) ->
                        stopped.add(
                            KernelTool.of(family).command() + " " + name + ": " + difference)));
    return stopped;
  }

  /** Whether something was found in another family than those of the work, and is not repaired. */
  public synchronized boolean isMoreToRepair(ReconcileRequest work) {
    return planes.entrySet().stream()
        .anyMatch(
            plane -> !work.families().contains(plane.getKey()) && plane.getValue().isSurprising());
  }

  /** Notes that a tool has taken a payload. */
  public synchronized void delivered(Transaction delivery) {
    delivery.done();
  }

  private List<Drift> readSets(String saved) {
    if (planes.values().stream().allMatch(FamilyDataplane::believesSets)) {
      Map<String, ObservedSet> believed = new HashMap<>();
      planes.values().forEach(plane -> believed.putAll(plane.presentSets()));
      if (SavedSets.areJust(believed, saved)) {
        planes.values().forEach(FamilyDataplane::confirmSets);
        return List.of();
      }
    }
    List<Drift> drift = new ArrayList<>();
    Map<Family, Map<String, ObservedSet>> sets = SavedSets.read(saved);
    planes.forEach(
        (family, plane) ->
            drift.addAll(plane.readSets(sets.getOrDefault(family, new HashMap<>()))));
    return drift;
  }

  /** Takes in whose the ports of bridges are; what that changes is due with the next attempt. */
  public synchronized void bridgePorts(BridgePorts ports) {
    planes.values().forEach(plane -> plane.ports(ports));
  }

  /** Whether any rule of ours is wanted in the kernel. */
  public synchronized boolean hasRules() {
    return planes.values().stream().anyMatch(FamilyDataplane::isHooked);
  }

  /** Makes the next attempt read the kernel first by these tools, to find what others changed. */
  public synchronized void recheck(Set<KernelTool> tools) {
    planes.values().forEach(plane -> plane.recheck(tools));
  }

  /** Nobody knows what the kernel has; the next attempt reads it first. */
  public synchronized void forget() {
    planes.values().forEach(FamilyDataplane::forget);
  }

  /** What one round of work asks for. */
  public final class Attempt {
    private final List<FamilyDataplane.Part> parts = new ArrayList<>();
    private final List<Transaction> deliveries = new ArrayList<>();

    private Attempt() {}

    /** To be made in this order; empty where the kernel has it all. */
    public List<Transaction> deliveries() {
      return List.copyOf(deliveries);
    }

    /** The pods from whom the attempt may take something away. */
    public Set<ObjectKey> restricted() {
      Set<ObjectKey> restricted = new TreeSet<>();
      parts.forEach(part -> restricted.addAll(part.restricted()));
      return restricted;
    }

    /** The pods that get other rules. */
    public Set<ObjectKey> changedPods() {
      Set<ObjectKey> changed = new TreeSet<>();
      parts.forEach(part -> changed.addAll(part.changedPods()));
      return changed;
    }

    /** All was delivered. */
    public void succeeded() {
      synchronized (Dataplane.this) {
        parts.forEach(FamilyDataplane.Part::succeeded);
        forgetExpected();
      }
    }

    /** Something was not delivered: nobody knows what the kernel has now. */
    public void failed() {
      synchronized (Dataplane.this) {
        parts.forEach(FamilyDataplane.Part::failed);
      }
    }
  }

  /**
   * Follows from now on the sets that a local pod's rules will need: what the first attempt would
   * have to look for at once comes together while the API server's lists come in.
   */
  public synchronized void expect(ObjectKey pod) {
    planes.values().forEach(plane -> plane.expect(pod));
    expected = true;
  }

  /** Of the sets that were expected, those that no rule came to name. */
  @GuardedBy("this")
  private void forgetExpected() {
    if (expected) {
      expected = false;
      Set<PodSet> unnamed = new HashSet<>(cluster.tracked());
      planes.values().forEach(plane -> unnamed.removeAll(plane.named()));
      unnamed.forEach(cluster::untrack);
    }
  }

  /**
   * Looks at everything that is due, as it is now, and finds what has to be delivered.
   *
   * @param closed pods that get chains which let nothing pass, for want of rules that work
   * @throws IllegalStateException if the kernel must be {@link #unread read} first
   */
  public synchronized Attempt attempt(ReconcileRequest work, Set<PodInFamily> closed) {
    if (!unread(work).isEmpty()) {
      throw new IllegalStateException("the kernel was not read");
    }
    return cluster.consistently(
        () -> {
          Attempt attempt = new Attempt();
          IpSetDiff sets = new IpSetDiff();
          try {
            planes(work).forEach(plane -> attempt.parts.add(plane.attempt(work, closed, sets)));
          } catch (RuntimeException e) {
            attempt.failed();
            throw e;
          }
          List<Transaction> tables =
              attempt.parts.stream()
                  .map(FamilyDataplane.Part::table)
                  .flatMap(Optional::stream)
                  .toList();
          boolean rulesFollow = !tables.isEmpty();
          sets.before(rulesFollow).ifPresent(attempt.deliveries::add);
          attempt.deliveries.addAll(tables);
          sets.after(rulesFollow).ifPresent(attempt.deliveries::add);
          return attempt;
        });
  }

  /**
   * What the kernel has for each pod that has rules, or had when it was last known; by family, as
   * of now.
   */
  public synchronized Map<Family, SortedMap<ObjectKey, PodChains>> podRules() {
    Map<Family, SortedMap<ObjectKey, PodChains>> rules = new EnumMap<>(Family.class);
    planes.forEach((family, plane) -> rules.put(family, plane.podRules()));
    return rules;
  }

  /** The sets and chains that were applied last, as their tools print them; for people. */
  public synchronized String wantedText() {
    return cluster.consistently(
        () ->
            planes.values().stream()
                .map(FamilyDataplane::wantedText)
                .collect(Collectors.joining()));
  }

  /** Whether the pod's rules are in the kernel, or were when it was last known. */
  public synchronized boolean isProgrammed(PodInFamily pod) {
    return planes.containsKey(pod.family()) && planes.get(pod.family()).isProgrammed(pod.pod());
  }

  /**
   * Whether the kernel, as it was just read, has exactly what the pod needs now in one family: also
   * where that is nothing.
   */
  public synchronized boolean holds(PodInFamily pod, KernelSnapshot kernel) {
    return planes.containsKey(pod.family())
        && cluster.consistently(
            () -> planes.get(pod.family()).holds(pod.pod(), kernel.of(pod.family())));
  }

  /** What is due when everything is, key by key, so that it can be split. */
  public synchronized ReconcileRequest expand(ReconcileRequest work) {
    return cluster.consistently(
        () ->
            planes(work).stream()
                .map(plane -> plane.expand(work))
                .reduce(ReconcileRequest.NONE, ReconcileRequest::and));
  }

  /**
   * Destroys sets that nothing uses any more, a few at a time. A set may still be in use for a
   * moment after the last rule went, so it is tried by itself, and again when the others had their
   * turn.
   */
  public synchronized List<Transaction> tidy(int atMost) {
    List<Transaction> unused =
        planes.values().stream().flatMap(plane -> plane.unused().stream()).toList();
    Set<String> tried = triedToDestroy;
    List<Transaction> untried =
        unused.stream().filter(delivery -> !tried.contains(delivery.payload())).toList();
    if (untried.isEmpty()) {
      triedToDestroy.clear();
      untried = unused;
    }
    List<Transaction> now = untried.stream().limit(atMost).toList();
    now.forEach(delivery -> triedToDestroy.add(delivery.payload()));
    return now;
  }

  /**
   * What to read before {@link #tidy}, once where rules use no sets: an earlier run may have left
   * some. It may fail, where the host has no ipset.
   */
  public synchronized List<KernelTool> unreadToTidy() {
    boolean look = setsMayBeLeft;
    setsMayBeLeft = false;
    return look ? List.of(KernelTool.IPSET) : List.of();
  }
}
