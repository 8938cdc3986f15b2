package io.netpol.route;

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
 * When the kernel is read again, and what others were found to have changed.
 *
 * <p>To read it takes as long as its tools take, and applies need not wait for that: the kernel is
 * read ahead, beside them. What was read counts where that tool's part of the kernel was not
 * written meanwhile. Else it is read once more, and after some such tries while the applies wait.
 */
public final class ResyncScheduler {

  /** So often in a row may writes of ours spoil what was read ahead. */
  private static final int TRIES = 10;

  /** The same while others may still write what an agent before this one wanted. */
  private static final int TRIES_YOUNG = 3;

  /** What a tool printed, and how many writes there had been when it was started. */
  private record Reading(String saved, long writes) {}

  private static final Logger LOG = LoggerFactory.getLogger(ResyncScheduler.class);

  private final Collection<KernelTool> tools;
  private final Duration longestReading;

  @GuardedBy("this")
  private final Queue<KernelTool> due = new ArrayDeque<>();

  @GuardedBy("this")
  private final Map<KernelTool, Long> writes = new TreeMap<>();

  @GuardedBy("this")
  private final Map<KernelTool, Long> started = new TreeMap<>();

  @GuardedBy("this")
  private final Map<KernelTool, Reading> readings = new TreeMap<>();

  @GuardedBy("this")
  private final Map<KernelTool, String> accepted = new TreeMap<>();

  @GuardedBy("this")
  private final Map<KernelTool, Integer> spoilt = new TreeMap<>();

  @GuardedBy("this")
  private final Set<KernelTool> demanded = new TreeSet<>();

  private final Map<Drift.What, AtomicLong> drift = new EnumMap<>(Drift.What.class);
  private final Map<Drift.What, AtomicLong> repaired = new EnumMap<>(Drift.What.class);
  private final Map<KernelTool, String> unreadable = new ConcurrentSkipListMap<>();
  private volatile List<String> stopped = List.of();

  @GuardedBy("this")
  private boolean roundDue;

  @GuardedBy("this")
  private boolean young;

  @GuardedBy("this")
  private boolean setsAlone;

  /** Those for whom the sets are being read. */
  private int askers;

  /**
   * Of the tools by which the kernel is read.
   *
   * @param longestReading after which a tool that reads has ended for certain
   */
  ResyncScheduler(Collection<KernelTool> tools, Duration longestReading) {
    this.tools = List.copyOf(tools);
    this.longestReading = longestReading;
    tools.forEach(tool -> writes.put(tool, 0L));
    for (Drift.What what : Drift.What.values()) {
      drift.put(what, new AtomicLong());
      repaired.put(what, new AtomicLong());
    }
  }

  /** Each tool is to read the kernel soon: to compare it, or as others may have written too. */
  synchronized void all() {
    roundDue = true;
  }

  /** A tool writes, has written, or may have. */
  synchronized void wrote(KernelTool tool) {
    writes.merge(tool, 1L, Long::sum);
  }

  /** Nobody knows what was written. */
  synchronized void wroteAnything() {
    List.copyOf(writes.keySet()).forEach(this::wrote);
  }

  /** The next check by each tool reads the kernel for itself, whatever was read before. */
  public synchronized void demand() {
    demanded.addAll(tools);
  }

  /**
   * Whether sets are about to be exchanged or destroyed, which the kernel refuses while it lists
   * them: waits until nobody does, and keeps others from it.
   */
  synchronized void setsAlone(boolean alone) {
    setsAlone = alone;
    notifyAll();
    long end = System.nanoTime() + longestReading.toNanos();
    try {
      for (long left; alone && isReadingSets() && (left = end - System.nanoTime()) > 0; ) {
        TimeUnit.NANOSECONDS.timedWait(this, left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Whether the sets are being read beside the applies. */
  synchronized boolean isReadingSets() {
    return started.keySet().stream().anyMatch(KernelTool::listingBlocks) || askers > 0;
  }

  /**
   * Begins a reading of the sets for somebody who asks; {@link #endReadingSets} ends it.
   *
   * @param atMost how long to wait while sets are exchanged or destroyed
   * @return false where they still are; then nothing has begun
   */
  public synchronized boolean beginReadingSets(Duration atMost) throws InterruptedException {
    long end = System.nanoTime() + atMost.toNanos();
    for (long left; setsAlone; TimeUnit.NANOSECONDS.timedWait(this, left)) {
      left = end - System.nanoTime();
      if (left <= 0) {
        return false;
      }
    }
    askers++;
    return true;
  }

  /** The sets are read no more for somebody who asked. */
  public synchronized void endReadingSets() {
    askers--;
    notifyAll();
  }

  /** How many writes there were by all tools, begun ones included. */
  public synchronized long writes() {
    return writes.values().stream().mapToLong(Long::longValue).sum();
  }

  /**
   * The tool that is to be read ahead now; null where none is. One at a time, each once in a round.
   *
   * @param anyway whether rounds follow each other, due or not
   */
  synchronized KernelTool next(boolean anyway) {
    young = anyway;
    if (due.isEmpty() && (roundDue || anyway)) {
      roundDue = false;
      due.addAll(tools);
    }
    KernelTool next = due.peek();
    if (next == null || next.listingBlocks() && setsAlone) {
      return null;
    }
    started.put(next, writes.get(next));
    return due.remove();
  }

  /**
   * The check by a tool that was read ahead.
   *
   * @param saved what it printed; null where it failed, and is to be read again
   */
  synchronized ReconcileRequest ahead(KernelTool tool, String saved) {
    Long writesBefore = started.remove(tool);
    notifyAll();
    if (saved != null && writesBefore != null) {
      readings.put(tool, new Reading(saved, writesBefore));
    }
    return ReconcileRequest.check(tool, "check");
  }

  /** Of the tools to be checked, those that are; the others have their turn again soon. */
  synchronized Set<KernelTool> now(Set<KernelTool> checks) {
    Set<KernelTool> now = new TreeSet<>();
    accepted.clear();
    for (KernelTool tool : checks) {
      Reading reading = readings.remove(tool);
      boolean must = demanded.remove(tool) || reading == null;
      boolean holds = !must && reading.writes == writes.get(tool);
      if (holds) {
        accepted.put(tool, reading.saved);
      }
      if (must || holds || spoilt.merge(tool, 1, Integer::sum) >= (young ? TRIES_YOUNG : TRIES)) {
        now.add(tool);
        spoilt.remove(tool);
      } else {
        due.add(tool);
      }
    }
    return now;
  }

  /** What was read ahead by the tool and is true still; null where it must be read. */
  synchronized String take(KernelTool tool) {
    return accepted.remove(tool);
  }

  /** What a tool printed cannot be read; said in the log when the reason is a new one. */
  void isUnreadable(KernelTool tool, String reason) {
    if (!reason.equals(unreadable.put(tool, reason))) {
      LOG.error("{}; what is enforced stays enforced, and is not repaired", reason);
    }
  }

  /** What a tool printed was read. */
  void isReadable(KernelTool tool) {
    if (unreadable.remove(tool) != null) {
      LOG.info("what {} prints can be read again", tool.id());
    }
  }

  /** The tools whose listing of the kernel cannot be read, with the reason of each. */
  public Map<KernelTool, String> unreadable() {
    return new TreeMap<>(unreadable);
  }

  /** These repairs are given up, in words; said in the log when they are new. */
  void stopped(List<String> repairs) {
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
   * The repairs that are given up, because the kernel's tool prints a rule otherwise than it is
   * written, with both texts; empty as it should be.
   */
  public List<String> stopped() {
    return stopped;
  }

  /** A tool found this. */
  void found(List<Drift> found) {
    found.forEach(one -> drift.get(one.what()).incrementAndGet());
  }

  /** All that was found until now is as it should be again. */
  void repaired() {
    repaired.forEach((what, count) -> count.set(drift(what)));
  }

  /** How many chains, jumps or sets were found changed by somebody else. */
  public long drift(Drift.What what) {
    return drift.get(what).get();
  }

  /** How many of these were repaired: all that were found before a check ended in a good apply. */
  public long repaired(Drift.What what) {
    return repaired.get(what).get();
  }
}
