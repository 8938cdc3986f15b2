package io.netpol.kubernetes;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;

/**
 * The changes that the route has not taken yet: for each object the newest, so that there are never
 * more than objects.
 *
 * <p>A change stays here until {@link #taken} says that the route has it: also while it is being
 * sent. One that failed waits, from one second at first to thirty at most, while others pass. Who
 * changes an object adds here, from any thread; one thread takes.
 */
final class WorkQueue<T> {

  private static final Duration FIRST_WAIT = Duration.ofSeconds(1);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);

  /** Of those that the route fails for. */
  private static final int MAX_NAMED = 10;

  /** Of a failure, in characters. */
  private static final int MAX_WHY = 300;

  /**
   * The newest that is known of one object.
   *
   * @param key namespace and name as the informer spells them
   * @param object as the API server has it, or, where deleted, had it last
   * @param deleted whether the object is gone
   * @param failures how often in a row the route has failed for this object
   * @param receivedMillis when the first of the changes that became this one was heard of, in
   *     milliseconds since 1970
   * @param since the same by {@link System#nanoTime()}
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

  /** What the route fails for, and why it failed last. */
  private final Map<String, String> failing = new LinkedHashMap<>();

  /** Being sent; null while nothing is. */
  private Change<T> sent;

  private long failures;
  private boolean woken;
  private CompletableFuture<Void> room = new CompletableFuture<>();
  private int roomFor;

  WorkQueue() {
    this(System::nanoTime);
  }

  /** The same with a clock like {@link System#nanoTime}. */
  WorkQueue(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.origin = nanoTime.getAsLong();
  }

  /** Adds a change; one that waits for the same object is replaced and keeps its time. */
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

  /** Makes who waits in {@link #take} return. */
  synchronized void wake() {
    woken = true;
    notifyAll();
  }

  /**
   * Completed, by the thread that takes, when no more than so many changes can be taken at once.
   * One waits at a time: who asks again gives up what was asked for before.
   */
  synchronized CompletableFuture<Void> whenAtMost(int changes) {
    room = new CompletableFuture<>();
    roomFor = changes;
    if (ready.size() <= changes) {
      room.complete(null);
    }
    return room;
  }

  /**
   * Returns the next change that is due, or null where none became due in time or someone woke it.
   * It is being sent until {@link #taken} or {@link #retry}.
   */
  Change<T> take(Duration timeout) throws InterruptedException {
    Change<T> change = next(timeout);
    CompletableFuture<Void> has;
    synchronized (this) {
      has = ready.size() <= roomFor ? room : null;
    }
    if (has != null) {
      has.complete(null); // not while this is locked: who waited goes on from here
    }
    return change;
  }

  private synchronized Change<T> next(Duration timeout) throws InterruptedException {
    long end = now() + timeout.toNanos();
    while (true) {
      while (!waiting.isEmpty() && waiting.peek().nanos() <= now()) {
        ready.add(waiting.poll().key());
      }
      if (!ready.isEmpty()) {
        sent = newest.remove(ready.poll());
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

  /** The route has a change, or need not have it. */
  synchronized void taken(Change<T> change) {
    sent = null;
    failing.remove(change.key());
  }

  /**
   * Puts a change that the route failed for back, unless a newer one came; then that one waits.
   *
   * @param why the failure, in words
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

  /** Something that is no change of an object, such as the end of the list, is being sent. */
  synchronized void sending(Change<T> change) {
    sent = change;
  }

  /** The route failed for what was sent, which whoever sent it sends again. */
  synchronized void failed(Change<T> change, String why) {
    sent = null;
    failing.put(change.key(), why.length() <= MAX_WHY ? why : why.substring(0, MAX_WHY) + "…");
    failures++;
  }

  /** Returns how far the route has got. */
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

  /** Returns how long a change waits after so many failures in a row. */
  static Duration waitAfter(int failures) {
    Duration wait = FIRST_WAIT.multipliedBy(1L << Math.min(Math.max(failures, 1) - 1, 10));
    return wait.compareTo(LONGEST_WAIT) < 0 ? wait : LONGEST_WAIT;
  }

  /** Since this was made: {@link System#nanoTime()} may overflow, a difference does not. */
  private long now() {
    return nanoTime.getAsLong() - origin;
  }
}
