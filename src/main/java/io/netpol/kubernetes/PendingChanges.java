package io.netpol.kubernetes;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;

/**
 * The changes that the route has not taken yet: for each object the newest, so that there are never
 * more than objects.
 *
 * <p>A change that failed waits, from one second at first to thirty at most, while others pass. Who
 * changes an object adds here, from any thread; one thread takes.
 */
final class PendingChanges<T> {

  private static final Duration FIRST_WAIT = Duration.ofSeconds(1);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);

  /**
   * The newest that is known of one object.
   *
   * @param key namespace and name as the informer spells them
   * @param object as the API server has it, or, where deleted, had it last
   * @param deleted whether the object is gone
   * @param failures how often in a row the route has failed for this object
   * @param heard when the first of the changes that became this one was heard of, in milliseconds
   *     since 1970
   */
  record Change<T>(String key, T object, boolean deleted, int failures, long heard) {}

  private record Due(String key, long nanos) {}

  private final Map<String, Change<T>> newest = new HashMap<>();
  private final Deque<String> ready = new ArrayDeque<>();
  private final PriorityQueue<Due> waiting =
      new PriorityQueue<>(Comparator.comparingLong(Due::nanos));
  private final LongSupplier nanoTime;
  private final long origin;
  private boolean woken;
  private CompletableFuture<Void> room = new CompletableFuture<>();
  private int roomFor;

  PendingChanges() {
    this(System::nanoTime);
  }

  /** The same with a clock like {@link System#nanoTime}. */
  PendingChanges(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.origin = nanoTime.getAsLong();
  }

  /** Adds a change; one that waits for the same object is replaced and keeps its time. */
  synchronized void add(String key, T object, boolean deleted) {
    Change<T> before = newest.get(key);
    int failures = before == null ? 0 : before.failures();
    long heard = before == null ? System.currentTimeMillis() : before.heard();
    newest.put(key, new Change<>(key, object, deleted, failures, heard));
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

  /** The next change that is due, or null where none became due in time or someone woke it. */
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
        return newest.remove(ready.poll());
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

  /** Puts a change that the route failed for back, unless a newer one came; then that one waits. */
  synchronized void retry(Change<T> failed) {
    Change<T> newer = newest.get(failed.key());
    Change<T> next = newer == null ? failed : newer;
    int failures = failed.failures() + 1;
    newest.put(
        failed.key(),
        new Change<>(next.key(), next.object(), next.deleted(), failures, failed.heard()));
    if (newer != null) {
      ready.remove(failed.key());
    }
    waiting.add(new Due(failed.key(), now() + waitAfter(failures).toNanos()));
    notifyAll();
  }

  /** The keys of changes that failed and are to be sent again. */
  synchronized List<String> retrying() {
    List<String> keys = new ArrayList<>();
    newest.forEach(
        (key, change) -> {
          if (change.failures() > 0) {
            keys.add(key);
          }
        });
    return keys;
  }

  /** How long a change waits after so many failures in a row. */
  static Duration waitAfter(int failures) {
    Duration wait = FIRST_WAIT.multipliedBy(1L << Math.min(Math.max(failures, 1) - 1, 10));
    return wait.compareTo(LONGEST_WAIT) < 0 ? wait : LONGEST_WAIT;
  }

  /** Since this was made: {@link System#nanoTime()} may overflow, a difference does not. */
  private long now() {
    return nanoTime.getAsLong() - origin;
  }
}
