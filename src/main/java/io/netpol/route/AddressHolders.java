package io.netpol.route;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.netpol.dataplane.FormerOwners;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.evaluate.PodPolicy;
import io.netpol.index.Cluster;
import io.netpol.model.Direction;
import io.netpol.model.ObjectKey;
import io.netpol.model.Pod;
import io.netpol.net.IpAddress;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;

/**
 * Follows which pod of this node has which address, and notes the addresses that a pod has left:
 * tracked connections of an address belong to the pod that had it, and to none that gets it later.
 *
 * <p>Every method locks; within, the index may be locked too, and never the other way round.
 */
public final class AddressHolders {

  /** Addresses that are remembered: where conntrack fails for ever, those left longest ago go. */
  private static final int MOST = 16_384;

  /**
   * So long what is left at an address is deleted whoever has it now. Later, after conntrack failed
   * so long, most of it is its new pod's: only what that pod's policies forbid is deleted then.
   */
  private static final Duration FRESH = Duration.ofMinutes(5);

  /** So long after the start pods that have no address yet may be the unknown ones of a range. */
  private static final Duration STARTING = Duration.ofMinutes(1);

  /**
   * A pod of this node.
   *
   * @param uid {@code metadata.uid}; another one is another pod, whatever its name is
   */
  private record Holding(String uid, Set<IpAddress> addresses) {}

  private final Cluster cluster;
  private final LongSupplier nanoTime;
  private final long start;

  @GuardedBy("this")
  private final Map<ObjectKey, Holding> holdings = new HashMap<>();

  @GuardedBy("this")
  private final Map<IpAddress, Set<ObjectKey>> holders = new HashMap<>();

  /** The addresses that were left, and when; until their connections are deleted. */
  @GuardedBy("this")
  private Map<IpAddress, Long> left = newest();

  /** The addresses that were left at any time. */
  @GuardedBy("this")
  private final Map<IpAddress, Long> formerly = newest();

  /** The pods at such an address whose rules are not in the kernel yet. */
  @GuardedBy("this")
  private final Set<ObjectKey> successors = new HashSet<>();

  /** Those of them whose rules are in the attempt that is under way. */
  @GuardedBy("this")
  private Set<ObjectKey> rendered = Set.of();

  @GuardedBy("this")
  private boolean started;

  @GuardedBy("this")
  private boolean sweeps = true;

  /** For an agent that starts. */
  public AddressHolders(Cluster cluster) {
    this(cluster, System::nanoTime);
  }

  /**
   * The same with a clock of one's own.
   *
   * @param nanoTime as {@link System#nanoTime}
   */
  AddressHolders(Cluster cluster, LongSupplier nanoTime) {
    this.cluster = cluster;
    this.nanoTime = nanoTime;
    this.start = nanoTime.getAsLong();
  }

  private static Map<IpAddress, Long> newest() {
    return new LinkedHashMap<>() {
      private static final long serialVersionUID = 1L;

      @Override
      protected boolean removeEldestEntry(Map.Entry<IpAddress, Long> eldest) {
        return size() > MOST;
      }
    };
  }

  /**
   * The index has taken in what was heard of a pod.
   *
   * @param uid {@code metadata.uid}; null where it is not known
   */
  public synchronized void heard(ObjectKey key, String uid) {
    Set<IpAddress> now =
        cluster.localPod(key).map(pod -> Set.copyOf(pod.addresses())).orElse(Set.of());
    Holding before =
        now.isEmpty() ? holdings.remove(key) : holdings.put(key, new Holding(uid, now));
    Set<IpAddress> had = before == null ? Set.of() : before.addresses();
    boolean another =
        before != null && uid != null && before.uid() != null && !uid.equals(before.uid());
    for (IpAddress address : had) {
      if (another || !now.contains(address)) {
        lost(address, key);
      }
    }
    for (IpAddress address : now) {
      if (another || !had.contains(address)) {
        gained(address, key);
      }
    }
    if (now.isEmpty()) {
      successors.remove(key);
    }
  }

  @GuardedBy("this")
  private void lost(IpAddress address, ObjectKey key) {
    Set<ObjectKey> others = holders.get(address);
    others.remove(key);
    if (others.isEmpty()) {
      holders.remove(address);
      leave(address);
    } else {
      // Its connections were deleted when another pod was heard to have the address.
      successors.addAll(others);
    }
  }

  @GuardedBy("this")
  private void gained(IpAddress address, ObjectKey key) {
    Set<ObjectKey> all = holders.computeIfAbsent(address, a -> new HashSet<>());
    // In the first list nobody knows which of two was there first.
    if (!all.isEmpty() && cluster.isListed()) {
      leave(address);
    }
    all.add(key);
    if (formerly.containsKey(address)) {
      successors.add(key);
    }
  }

  @GuardedBy("this")
  private void leave(IpAddress address) {
    left.put(address, nanoTime.getAsLong());
    formerly.put(address, nanoTime.getAsLong());
  }

  /** An attempt is about to look at what is due. */
  synchronized void rendering(FormerOwners before) {
    if (!started) {
      started = true;
      compareWith(before);
    }
    rendered = Set.copyOf(successors);
  }

  /** What happened while no agent was there, as far as the rules of the one before tell it. */
  @GuardedBy("this")
  private void compareWith(FormerOwners before) {
    for (IpAddress address : before.addresses()) {
      Set<ObjectKey> now = holders.getOrDefault(address, Set.of());
      if (now.stream().noneMatch(key -> before.names(address, key))) {
        leave(address);
        successors.addAll(now);
      }
    }
  }

  /**
   * All of an attempt is in the kernel.
   *
   * @param work what was due
   * @return the pods in it whose address another pod had before, and that may not get or send all
   */
  synchronized Set<ObjectKey> applied(ReconcileRequest work) {
    Set<ObjectKey> now = new TreeSet<>(rendered);
    if (work.everything().isEmpty()) {
      now.retainAll(work.podKeys());
    }
    successors.removeAll(now);
    rendered = Set.of();
    now.removeIf(key -> cluster.localPod(key).stream().noneMatch(this::isIsolated));
    return now;
  }

  private boolean isIsolated(Pod pod) {
    return !PodPolicy.of(cluster, pod, Direction.INGRESS).isEmpty()
        || !PodPolicy.of(cluster, pod, Direction.EGRESS).isEmpty();
  }

  /**
   * Addresses whose connections are to be deleted.
   *
   * @param addresses with the time when each was left
   * @param taken pods at addresses that were left so long ago that most connections are theirs
   * @param sweep whether those are too that no pod of the cluster has
   */
  record Left(Map<IpAddress, Long> addresses, Set<ObjectKey> taken, boolean sweep) {}

  /** Whether there are addresses to be looked at. */
  synchronized boolean isDue() {
    return started && (!left.isEmpty() || isToSweep());
  }

  @GuardedBy("this")
  private boolean isToSweep() {
    return sweeps
        && (nanoTime.getAsLong() - start > STARTING.toNanos()
            || cluster.localPods().stream()
                .flatMap(key -> cluster.localPod(key).stream())
                .noneMatch(pod -> pod.addresses().isEmpty()));
  }

  /** Takes what is due. */
  synchronized Left take() {
    boolean sweep = isToSweep();
    sweeps = sweeps && !sweep;
    long old = nanoTime.getAsLong() - FRESH.toNanos();
    Map<IpAddress, Long> addresses = left;
    left = newest();
    Set<ObjectKey> taken = new HashSet<>();
    for (Map.Entry<IpAddress, Long> each : List.copyOf(addresses.entrySet())) {
      Set<ObjectKey> now = holders.getOrDefault(each.getKey(), Set.of());
      if (each.getValue() - old < 0 && !now.isEmpty()) {
        taken.addAll(now);
        addresses.remove(each.getKey());
      }
    }
    return new Left(Collections.unmodifiableMap(addresses), taken, sweep);
  }

  /** Not all was deleted: it is due again. */
  synchronized void putBack(Left due) {
    sweeps |= due.sweep();
    due.addresses().forEach(left::putIfAbsent);
  }
}
