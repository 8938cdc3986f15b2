package io.netpol.route;

import io.netpol.iptables.Drift;
import io.netpol.iptables.Tool;
import io.netpol.iptables.Work;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * When the kernel is read again, and what others were found to have changed.
 *
 * <p>To read it takes as long as its tools take, and applies need not wait for that: the kernel is
 * read ahead, beside them. What was read counts where nothing was written meanwhile. Else it is
 * read once more, and after some such tries while the applies wait.
 */
public final class Checks {

  /** So often in a row may writes of ours spoil what was read ahead. */
  private static final int TRIES = 10;

  /**
   * What a tool printed.
   *
   * @param writes how many there had been when the tool was started
   */
  private record Reading(String saved, long writes) {}

  private final Collection<Tool> tools;
  private final Queue<Tool> due = new ConcurrentLinkedQueue<>();
  private final Map<Tool, Reading> readings = new EnumMap<>(Tool.class);
  private final Map<Tool, Integer> spoilt = new EnumMap<>(Tool.class);
  private final Map<Drift.What, AtomicLong> drift = new EnumMap<>(Drift.What.class);
  private final Map<Drift.What, AtomicLong> repaired = new EnumMap<>(Drift.What.class);
  private volatile boolean written;
  private long writes;
  private long writesBefore;

  /** Of the tools by which the kernel is read. */
  Checks(Collection<Tool> tools) {
    this.tools = List.copyOf(tools);
    for (Drift.What what : Drift.What.values()) {
      drift.put(what, new AtomicLong());
      repaired.put(what, new AtomicLong());
    }
  }

  /** An apply has written to the kernel: others may have written at the same time. */
  void applied() {
    written = true;
  }

  /** A tool has written, or may have. */
  synchronized void wrote() {
    writes++;
  }

  /**
   * The tool that is to be read ahead now; null where none is. One at a time, each once after a
   * write.
   *
   * @param anyway whether all are due, also where nothing was written
   */
  synchronized Tool next(boolean anyway) {
    if (due.isEmpty() && (written || anyway)) {
      written = false;
      due.addAll(tools);
    }
    writesBefore = writes;
    return due.poll();
  }

  /**
   * The check by a tool that was read ahead.
   *
   * @param saved what it printed; null where it failed, and is to be read again
   */
  synchronized Work ahead(Tool tool, String saved) {
    if (saved != null) {
      readings.put(tool, new Reading(saved, writesBefore));
    }
    return Work.check(tool, "check after a write");
  }

  /** Of the tools to be checked, those that are; the others have their turn again soon. */
  synchronized Set<Tool> now(Set<Tool> checks) {
    Set<Tool> now = EnumSet.noneOf(Tool.class);
    for (Tool tool : checks) {
      Reading reading = readings.get(tool);
      if (reading == null || reading.writes == writes) {
        now.add(tool);
      } else {
        readings.remove(tool);
        if (spoilt.merge(tool, 1, Integer::sum) >= TRIES) {
          now.add(tool);
        } else {
          written = true;
        }
      }
      if (now.contains(tool)) {
        spoilt.remove(tool);
      }
    }
    return now;
  }

  /** What was read ahead by the tool and is true still; null where it must be read. */
  synchronized String take(Tool tool) {
    Reading reading = readings.remove(tool);
    return reading != null && reading.writes == writes ? reading.saved : null;
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
