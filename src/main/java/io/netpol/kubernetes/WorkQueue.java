package io.netpol.kubernetes;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.LongSupplier;

/**
 * Queues the changes that the route has not processed yet: only the newest of each object, so that
 * memory is bounded by the number of objects. Thread-safe.
 *
 * <p>A change stays in the queue while it is being sent, until {@link #taken}. After a failure it
 * waits, from one second up to thirty, while others are sent. Any thread may add; one thread takes.
 */
final class WorkQueue<T> {

  private static final int NOBODY_WAITS = -1;
  private static final Duration FIRST_WAIT = Duration.ofSeconds(1);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);

  /** The number of failing changes that are named. */
  private static final int MAX_NAMED = 10;

  /** The length of a reason, in characters. */
  private static final int MAX_WHY = 300;

  /**
   * Holds the newest change of one object.
   *
   * @param key the key of the informer, {@code namespace/name}
   * @param object the current object, or the last known one if deleted
   * @param deleted whether the object is deleted
   * @param failures the number of consecutive failures of the route for this object
   * @param receivedMillis when the first of the merged changes was received, in milliseconds since
   *     1970
   * @param since the same time by {@link System#nanoTime()}
   */
  record Change<T>(
      String key, T object, boolean deleted, int failures, long receivedMillis, long since) {}

  private record Due(String key, long nanos) {}

  private final Map<String, Change<T>> newest = new HashMap<>();
  private final Deque<String> ready = new ArrayDeque<>();
  private final PriorityQueue<Due> waiting =
      new PriorityQueue<>(Comparator.comparingLong(Due::nanos));
  private final LongSupplier nanoTime;
  private final long origin;

  /** The keys for which the route fails, with the last reason. */
  private final Map<String, String> failing = new LinkedHashMap<>();

  /** The change in progress; null if there is none. */
  private Change<T> sent;

  private long failures;
  private boolean woken;

  /** The number of changes at which the thread that waits for room goes on. */
  private int room = NOBODY_WAITS;

  WorkQueue() {
    this(System::nanoTime);
  }

  /** Makes a queue with a clock like {@link System#nanoTime}, for tests. */
  WorkQueue(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.origin = nanoTime.getAsLong();
  }

  /** Adds a change; it replaces a pending change of the same object, and keeps its time. */
  synchronized void add(String key, T object, boolean deleted) {
    Change<T> before = newest.get(key);
    int failures = before == null ? 0 : before.failures();
    long receivedMillis = before == null ? System.currentTimeMillis() : before.receivedMillis();
    long since = before == null ? nanoTime.getAsLong() : before.since();
    newest.put(key, new Change<>(key, object, deleted, failures, receivedMillis, since));
    if (before == null) {
      ready.add(key);
      notifyAll();
    }
  }

  /** Wakes the thread that waits in {@link #take}. */
  synchronized void wake() {
    woken = true;
    notifyAll();
  }

  /**
   * Waits until fewer than this number of changes can be taken at once; if there are more, until
   * half of it is left, so that the two threads do not alternate at each change.
   */
  synchronized void awaitRoom(int most) throws InterruptedException {
    if (ready.size() < most) {
      return;
    }
    room = most / 2;
    while (ready.size() > most / 2) {
      wait();
    }
  }

  /**
   * Waits for the next change that is ready, and returns it; null after the timeout or {@link
   * #wake}. The change is in progress until {@link #taken} or {@link #retry}.
   */
  synchronized Change<T> take(Duration timeout) throws InterruptedException {
    long end = now() + timeout.toNanos();
    while (true) {
      while (!waiting.isEmpty() && waiting.peek().nanos() <= now()) {
        ready.add(waiting.poll().key());
      }
      if (!ready.isEmpty()) {
        sent = newest.remove(ready.poll());
        if (ready.size() <= room) {
          room = NOBODY_WAITS;
          notifyAll();
        }
        return sent;
      }
      if (woken) {
        woken = false;
        return null;
      }
      long until = waiting.isEmpty() ? end : Math.min(end, waiting.peek().nanos());
      long wait = until - now();
      if (wait <= 0) {
        if (now() >= end) {
          return null;
        }
        continue;
      }
      wait(Duration.ofNanos(wait).toMillis() + 1);
    }
  }

  /** Records that the route has processed a change, or does not need it. */
  synchronized void taken(Change<T> change) {
    sent = null;
    failing.remove(change.key());
  }

  /**
   * Puts a change back after a failure of the route, unless there is a newer one, which then waits.
   *
   * @param why the reason of the failure
   */
  synchronized void retry(Change<T> change, String why) {
    Change<T> newer = newest.get(change.key());
    Change<T> next = newer == null ? change : newer;
    int times = change.failures() + 1;
    newest.put(
        change.key(),
        new Change<>(
            next.key(),
            next.object(),
            next.deleted(),
            times,
            change.receivedMillis(),
            change.since()));
    if (newer != null) {
      ready.remove(change.key());
    }
    waiting.add(new Due(change.key(), now() + waitAfter(times).toNanos()));
    failed(change, why);
    notifyAll();
  }

  /**
   * Records that something that is not in the queue, such as the end of the list, is in progress.
   */
  synchronized void sending(Change<T> change) {
    sent = change;
  }

  /** Records a failure of something that is not in the queue; its sender retries it. */
  synchronized void failed(Change<T> change, String why) {
    sent = null;
    failing.put(change.key(), why.length() <= MAX_WHY ? why : why.substring(0, MAX_WHY) + "…");
    failures++;
  }

  /** Returns the changes that the route has not processed yet. */
  synchronized Backlog backlog() {
    Change<T> oldest = sent;
    for (Change<T> change : newest.values()) {
      if (oldest == null || change.since() - oldest.since() < 0) {
        oldest = change;
      }
    }
    return new Backlog(
        newest.size() + (sent == null ? 0 : 1),
        failing.size(),
        failing.entrySet().stream()
            .limit(MAX_NAMED)
            .map(entry -> entry.getKey() + " (" + entry.getValue() + ")")
            .toList(),
        failures,
        oldest == null ? null : oldest.key(),
        oldest == null ? Duration.ZERO : Duration.ofNanos(nanoTime.getAsLong() - oldest.since()));
  }

  /** Returns the wait after a number of consecutive failures. */
  static Duration waitAfter(int failures) {
    Duration wait = FIRST_WAIT.multipliedBy(1L << Math.min(Math.max(failures, 1) - 1, 10));
    return wait.compareTo(LONGEST_WAIT) < 0 ? wait : LONGEST_WAIT;
  }

  /**
   * Returns the time since creation: {@link System#nanoTime()} may overflow, a difference does not.
   */
  private long now() {
    return nanoTime.getAsLong() - origin;
  }
}
