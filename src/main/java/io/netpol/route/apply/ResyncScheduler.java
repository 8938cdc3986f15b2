package io.netpol.route.apply;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.netpol.dataplane.Drift;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.ReconcileRequest;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Schedules reading the kernel again, and counts the drift that is found.
 *
 * <p>Syncs do not wait for the tools that read: the kernel is prefetched while they go on. A
 * snapshot is used if its tool's part of the kernel was not written meanwhile. Else it is taken
 * again, and after a few such tries while syncs wait.
 *
 * <p>After a write, a tool that only summarizes the kernel is enough where there is one: only if it
 * disagrees with what is known, the whole listing is read. Thread-safe.
 */
public final class ResyncScheduler {

  /** Times in a row that a write may outdate a snapshot before syncs wait for one. */
  private static final int MAX_OUTDATED = 10;

  /** The same after the start, when tools of an earlier agent may still write. */
  private static final int MAX_OUTDATED_YOUNG = 3;

  /** What a tool printed, and the number of its writes when it was started. */
  private record Snapshot(String saved, long writes) {}

  private static final Logger LOG = LoggerFactory.getLogger(ResyncScheduler.class);

  private final Collection<KernelTool> tools;
  private final Duration longestRead;

  /** The summary of the listing of a tool, for those that have one. */
  private final Map<KernelTool, KernelTool> summaries;

  @GuardedBy("this")
  private final Queue<KernelTool> pending = new ArrayDeque<>();

  @GuardedBy("this")
  private final Map<KernelTool, Long> writes = new TreeMap<>();

  @GuardedBy("this")
  private final Map<KernelTool, Long> started = new TreeMap<>();

  @GuardedBy("this")
  private final Map<KernelTool, Snapshot> snapshots = new TreeMap<>();

  @GuardedBy("this")
  private final Map<KernelTool, String> accepted = new TreeMap<>();

  @GuardedBy("this")
  private final Map<KernelTool, Integer> outdated = new TreeMap<>();

  @GuardedBy("this")
  private final Set<KernelTool> forced = new TreeSet<>();

  private final Map<Drift.What, AtomicLong> drift = new EnumMap<>(Drift.What.class);
  private final Map<Drift.What, AtomicLong> repaired = new EnumMap<>(Drift.What.class);
  private final Map<KernelTool, String> unreadable = new ConcurrentSkipListMap<>();
  private volatile List<String> stopped = List.of();

  @GuardedBy("this")
  private boolean scheduled;

  /** Whether every tool has to read all. */
  @GuardedBy("this")
  private boolean scheduledWhole;

  @GuardedBy("this")
  private boolean young;

  @GuardedBy("this")
  private boolean setsLocked;

  /** How many callers of {@link #beginReadingSets} have not ended. */
  private int readers;

  /**
   * Creates a scheduler.
   *
   * @param tools the tools that read the kernel
   * @param summaries the tools that summarize the listings of others, by these
   * @param longestRead the time after which a tool that reads has certainly ended
   */
  ResyncScheduler(
      Collection<KernelTool> tools, Map<KernelTool, KernelTool> summaries, Duration longestRead) {
    this.tools = List.copyOf(tools);
    this.summaries = Map.copyOf(summaries);
    this.longestRead = longestRead;
    tools.forEach(tool -> writes.put(tool, 0L));
    summaries.values().forEach(tool -> writes.put(tool, 0L));
    for (Drift.What what : Drift.What.values()) {
      drift.put(what, new AtomicLong());
      repaired.put(what, new AtomicLong());
    }
  }

  /** Schedules a check by every tool, because it is time. */
  synchronized void scheduleAll() {
    scheduledWhole = true;
  }

  /** Schedules a check after a write, because another program may have written at the same time. */
  synchronized void scheduleAfterWrite() {
    scheduled = true;
  }

  /** Notes that a tool writes, has written, or may have. */
  synchronized void wrote(KernelTool tool) {
    writes.merge(tool, 1L, Long::sum);
    if (summaries.containsKey(tool)) {
      writes.merge(summaries.get(tool), 1L, Long::sum);
    }
  }

  /** Notes that any tool may have written. */
  synchronized void wroteAny() {
    tools.forEach(this::wrote);
  }

  /** Makes the next check by each tool read the kernel anew, without a prefetched snapshot. */
  public synchronized void forceReread() {
    forced.addAll(tools);
  }

  /**
   * Locks the sets before they are swapped or destroyed, which the kernel refuses while it lists
   * them ({@code ref_netlink} in {@code net/netfilter/ipset/ip_set_core.c}), or unlocks them.
   * Locking waits until no tool lists them, at most as long as one can take.
   */
  synchronized void lockSets(boolean locked) {
    setsLocked = locked;
    notifyAll();
    long end = System.nanoTime() + longestRead.toNanos();
    try {
      for (long left; locked && isReadingSets() && (left = end - System.nanoTime()) > 0; ) {
        TimeUnit.NANOSECONDS.timedWait(this, left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns whether a tool is listing the sets. */
  public synchronized boolean isReadingSets() {
    return started.keySet().stream().anyMatch(KernelTool::listingBlocks) || readers > 0;
  }

  /**
   * Begins reading the sets outside a sync; {@link #endReadingSets} ends it.
   *
   * @param atMost how long to wait while the sets are locked
   * @return false if they still are; then nothing has begun
   */
  public synchronized boolean beginReadingSets(Duration atMost) throws InterruptedException {
    long end = System.nanoTime() + atMost.toNanos();
    for (long left; setsLocked; TimeUnit.NANOSECONDS.timedWait(this, left)) {
      left = end - System.nanoTime();
      if (left <= 0) {
        return false;
      }
    }
    readers++;
    return true;
  }

  /** Ends what {@link #beginReadingSets} began. */
  public synchronized void endReadingSets() {
    readers--;
    notifyAll();
  }

  /** Returns the number of writes by all tools, including those under way. */
  public synchronized long writes() {
    return writes.values().stream().mapToLong(Long::longValue).sum();
  }

  /**
   * Returns the tool that reads the kernel ahead of its check now; null if none has to, or the sets
   * are locked.
   *
   * @param always whether to check all the time, scheduled or not
   */
  synchronized KernelTool nextToPrefetch(boolean always) {
    young = always;
    boolean whole = scheduledWhole;
    if (pending.isEmpty() && (scheduled || whole || always)) {
      scheduled = false;
      scheduledWhole = false;
      tools.forEach(tool -> pending.add(whole ? tool : summaries.getOrDefault(tool, tool)));
    }
    KernelTool next = pending.peek();
    if (next == null || next.listingBlocks() && setsLocked) {
      return null;
    }
    started.put(next, writes.get(next));
    return pending.remove();
  }

  /**
   * Ends a prefetch, and returns the check by its tool.
   *
   * @param saved what the tool printed; null if it failed, so that the check reads anew
   */
  synchronized ReconcileRequest completePrefetch(KernelTool tool, String saved) {
    Long writesBefore = started.remove(tool);
    notifyAll();
    if (saved != null && writesBefore != null) {
      snapshots.put(tool, new Snapshot(saved, writesBefore));
    }
    return ReconcileRequest.check(tool, "check");
  }

  /** Returns whether a tool only summarizes the listing of another. */
  boolean isSummary(KernelTool tool) {
    return summaries.containsValue(tool);
  }

  /**
   * Ends a prefetch by a tool that summarizes. The summary is taken again if a write outdated it;
   * if it does not agree with what is known, the whole listing is prefetched next.
   */
  synchronized void completeSummary(KernelTool summary, boolean agrees) {
    Long writesBefore = started.remove(summary);
    notifyAll();
    if (!writes.get(summary).equals(writesBefore)) {
      scheduled = true;
    } else if (!agrees) {
      for (KernelTool tool : tools) {
        if (summary.equals(summaries.get(tool))) {
          pending.add(tool);
        }
      }
    }
  }

  /** Returns the requested checks that can start now; the others are prefetched again. */
  synchronized Set<KernelTool> startChecks(Set<KernelTool> checks) {
    Set<KernelTool> now = new TreeSet<>();
    accepted.clear();
    for (KernelTool tool : checks) {
      Snapshot snapshot = snapshots.remove(tool);
      boolean reread = forced.remove(tool) || snapshot == null;
      boolean current = !reread && snapshot.writes == writes.get(tool);
      if (current) {
        accepted.put(tool, snapshot.saved);
      }
      if (reread
          || current
          || outdated.merge(tool, 1, Integer::sum) >= (young ? MAX_OUTDATED_YOUNG : MAX_OUTDATED)) {
        now.add(tool);
        outdated.remove(tool);
      } else {
        pending.add(tool);
      }
    }
    return now;
  }

  /** Returns the current snapshot of a tool; null if the kernel must be read. */
  synchronized String takeSnapshot(KernelTool tool) {
    return accepted.remove(tool);
  }

  /** Notes that a tool's listing is unreadable; logs the reason when it is new. */
  void markUnreadable(KernelTool tool, String reason) {
    if (!reason.equals(unreadable.put(tool, reason))) {
      LOG.error("{}; the rules stay enforced, and drift is not repaired", reason);
    }
  }

  /** Notes that a tool's listing was read. */
  void markReadable(KernelTool tool) {
    if (unreadable.remove(tool) != null) {
      LOG.info("the listing of {} can be read again", tool.id());
    }
  }

  /** Returns the tools whose listing is unreadable, with the reason. */
  public Map<KernelTool, String> unreadable() {
    return new TreeMap<>(unreadable);
  }

  /** Sets the repairs that are given up, in words; logs new ones. */
  void setStopped(List<String> repairs) {
    repairs.stream()
        .filter(repair -> !stopped.contains(repair))
        .forEach(
            repair ->
                LOG.error(
                    "{}; this is a fault of the agent: the rule is not written again, please report"
                        + " both texts",
                    repair));
    stopped = List.copyOf(repairs);
  }

  /**
   * Returns the repairs that are given up because the tool prints a rule differently from how it
   * was written, with both texts; normally empty.
   */
  public List<String> stopped() {
    return stopped;
  }

  /** Counts drift that a tool found. */
  void countDrift(List<Drift> found) {
    found.forEach(one -> drift.get(one.what()).incrementAndGet());
  }

  /** Notes that all drift found so far is repaired. */
  void countRepaired() {
    repaired.forEach((what, count) -> count.set(drift(what)));
  }

  /** Returns how many chains, jumps or sets another program was found to have changed. */
  public long drift(Drift.What what) {
    return drift.get(what).get();
  }

  /** Returns how many of these were repaired: all those found before a check that succeeded. */
  public long repaired(Drift.What what) {
    return repaired.get(what).get();
  }
}
