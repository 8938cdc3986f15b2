package io.netpol.route.flow;

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
 * Tracks which pod of this node has which address, and remembers the addresses that a pod has left.
 * The tracked connections of an address belong to the pod that had it, never to its successor.
 *
 * <p>Thread-safe. The lock order is this object, then the index.
 */
public final class AddressHolders {

  /**
   * Bound on remembered addresses: if conntrack never works, those left longest ago are dropped.
   */
  private static final int MOST = 16_384;

  /**
   * For this long all connections of an address are deleted, whichever pod has it now. After that
   * (conntrack failed all the time) most belong to the new pod, so only those that its policies
   * deny are deleted.
   */
  private static final Duration FRESH = Duration.ofMinutes(5);

  /**
   * For this long after the start, an unknown address may belong to a pod without status.podIPs.
   */
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

  /** Addresses that a pod has left, with the time, until their connections are deleted. */
  @GuardedBy("this")
  private Map<IpAddress, Long> left = newest();

  /** Addresses that a pod has left at any time. */
  @GuardedBy("this")
  private final Map<IpAddress, Long> formerly = newest();

  /** Pods at an address of {@link #formerly} whose rules are not in the kernel yet. */
  @GuardedBy("this")
  private final Set<ObjectKey> successors = new HashSet<>();

  /** Pods of {@link #successors} whose rules are part of the current attempt. */
  @GuardedBy("this")
  private Set<ObjectKey> rendered = Set.of();

  @GuardedBy("this")
  private boolean started;

  @GuardedBy("this")
  private boolean sweeps = true;

  /** Creates an empty tracker for an agent that starts. */
  public AddressHolders(Cluster cluster) {
    this(cluster, System::nanoTime);
  }

  /**
   * Creates an empty tracker with a clock.
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
   * Compares the addresses of a pod with those it had, after the index has been updated.
   *
   * @param uid {@code metadata.uid}; null if it is not known
   */
  public synchronized void update(ObjectKey key, String uid) {
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
      // Its connections were deleted when the second pod with this address appeared.
      successors.addAll(others);
    }
  }

  @GuardedBy("this")
  private void gained(IpAddress address, ObjectKey key) {
    Set<ObjectKey> all = holders.computeIfAbsent(address, a -> new HashSet<>());
    // The first list does not tell which of two pods had the address first.
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

  /**
   * Notes that an attempt is about to be planned.
   *
   * @param before the owners of the rules that an earlier agent left
   */
  public synchronized void rendering(FormerOwners before) {
    if (!started) {
      started = true;
      compareWith(before);
    }
    rendered = Set.copyOf(successors);
  }

  /** Finds addresses that changed hands while no agent ran, by the rules of the earlier agent. */
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
   * Notes that an attempt is in the kernel.
   *
   * @return the isolated pods of the request whose address another pod had before
   */
  public synchronized Set<ObjectKey> applied(ReconcileRequest request) {
    Set<ObjectKey> now = new TreeSet<>(rendered);
    if (request.everything().isEmpty()) {
      now.retainAll(request.podKeys());
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
   * @param addresses with the {@link System#nanoTime} at which each was left
   * @param taken pods at addresses that were left so long ago that most connections belong to them
   * @param sweep whether to delete those of pod addresses that no pod of the cluster has, too
   */
  public record Left(Map<IpAddress, Long> addresses, Set<ObjectKey> taken, boolean sweep) {}

  /** Returns whether connections of any address are still to be deleted. */
  public synchronized boolean isPending() {
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

  /** Takes everything that is pending; {@link #putBack} returns what could not be deleted. */
  public synchronized Left take() {
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

  /** Makes what was taken pending again, after not all of it could be deleted. */
  public synchronized void putBack(Left left) {
    sweeps |= left.sweep();
    left.addresses().forEach(this.left::putIfAbsent);
  }
}
