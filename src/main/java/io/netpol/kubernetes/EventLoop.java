package io.netpol.kubernetes;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.Watcher.Action;
import io.netpol.index.EndOfSnapshot;
import io.netpol.kubernetes.ObjectStore.DeliveryState;
import io.netpol.kubernetes.WorkQueue.Change;
import io.netpol.model.Kind;
import java.time.Duration;
import java.util.Set;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes pending changes one by one and sends each to the route, until it is stopped.
 *
 * <p>It alone updates the delivery state, so ADDED is always the first event of an object for the
 * route, and DELETED the last.
 */
final class EventLoop<T extends HasMetadata> implements Runnable {

  /** Sends one exchange through the route. */
  interface Route {
    /**
     * Sends an exchange, and returns when the route has processed it.
     *
     * @param body the object, or an {@link EndOfSnapshot}
     * @param action an {@link Action}, or the text {@link WatchedObjectsConstants#LISTED}
     * @param receivedMillis when it was received, in milliseconds since 1970
     * @throws Exception if the route failed and did not handle it
     */
    void send(Object body, Object action, long receivedMillis) throws Exception;
  }

  private static final Logger LOG = LoggerFactory.getLogger(EventLoop.class);

  /** The interval of checks of the watch. */
  private static final Duration LOOK = Duration.ofSeconds(1);

  /** The key that stands for the end of the list; no object has it. */
  private static final String END = "the end of the list";

  private final String what;
  private final Kind kind;
  private final ObjectStore<T> known;
  private final WorkQueue<T> pending;
  private final Predicate<String> wanted;
  private final Route route;
  private final Runnable look;
  private final Heartbeat heartbeat;

  private volatile boolean stopped;
  private volatile boolean listComplete;
  private volatile long listedAt;
  private volatile long listedNanos;

  /**
   * The keys of the first list that the route has not processed yet; null until the list is
   * complete.
   */
  private Set<String> awaited;

  private boolean listedDone;
  private int listedFailures;
  private long listedNotBefore;

  /**
   * Makes a loop that is not running.
   *
   * @param what the route's id, for the log
   * @param wanted selects the keys that are sent to the route
   * @param endOfList whether to send the end of the list
   * @param look called about once a second
   */
  EventLoop(
      String what,
      WatchState<T> state,
      Predicate<String> wanted,
      Route route,
      boolean endOfList,
      Runnable look) {
    this.what = what;
    this.kind = Kind.of(state.watched().kind()).orElseThrow();
    this.known = state.known();
    this.pending = state.pending();
    this.heartbeat = state.heartbeat();
    this.wanted = wanted;
    this.route = route;
    this.listedDone = !endOfList;
    this.look = look;
  }

  /**
   * Records that the first list is in the store; its objects may still be pending. May be called by
   * any thread.
   */
  void listComplete() {
    listedAt = System.currentTimeMillis();
    listedNanos = System.nanoTime();
    listComplete = true;
    pending.wake();
  }

  /** Stops the loop after the exchange in progress. May be called by any thread. */
  void stop() {
    stopped = true;
    pending.wake();
  }

  @Override
  public void run() {
    long lastLook = System.nanoTime() - LOOK.toNanos();
    while (!stopped) {
      heartbeat.beat();
      try {
        if (System.nanoTime() - lastLook >= LOOK.toNanos()) {
          lastLook = System.nanoTime();
          look.run();
        }
        Change<T> change = pending.take(LOOK);
        if (change != null) {
          deliver(change);
        }
        sendListedWhenDue();
      } catch (InterruptedException e) {
        stopped = true;
        Thread.currentThread().interrupt();
      } catch (RuntimeException e) {
        LOG.error("{}: unexpected, the loop goes on", what, e);
      }
    }
    heartbeat.stop(); // not after an Error: liveness must then see that the loop is dead
  }

  private void deliver(Change<T> change) {
    String key = change.key();
    DeliveryState delivered = known.deliveryState(key);
    if (change.deleted() && delivered == DeliveryState.NOTHING) {
      taken(change); // created and deleted before the route received it
      return;
    }
    Action action =
        change.deleted()
            ? Action.DELETED
            : delivered == DeliveryState.DELIVERED ? Action.MODIFIED : Action.ADDED;
    if (action != Action.MODIFIED) {
      known.setDeliveryState(key, DeliveryState.TRIED);
    }
    try {
      route.send(change.object(), action, change.receivedMillis());
    } catch (Exception | StackOverflowError e) {
      if (change.failures() == 0) { // the route's error handler logs the rest
        LOG.warn(
            "{}: the route failed for {} {}, retried until it succeeds: {}",
            what,
            action,
            key,
            e.toString());
      }
      pending.retry(change, action + ": " + text(e));
      return;
    }
    if (change.failures() > 0) {
      LOG.info(
          "{}: the route has processed {} {} after {} failures",
          what,
          action,
          key,
          change.failures());
    }
    known.setDeliveryState(key, change.deleted() ? DeliveryState.NOTHING : DeliveryState.DELIVERED);
    taken(change);
  }

  private static String text(Throwable failure) {
    return failure.getClass().getSimpleName() + ": " + failure.getMessage();
  }

  private void taken(Change<T> change) {
    pending.taken(change);
    if (awaited != null) {
      awaited.remove(change.key());
    }
  }

  private void sendListedWhenDue() {
    if (listedDone || !listComplete) {
      return;
    }
    if (awaited == null) {
      awaited = known.undelivered(wanted);
    }
    if (!awaited.isEmpty() || listedFailures > 0 && System.nanoTime() - listedNotBefore < 0) {
      return;
    }
    Change<T> end = new Change<>(END, null, false, listedFailures, listedAt, listedNanos);
    pending.sending(end);
    try {
      route.send(new EndOfSnapshot(kind), WatchedObjectsConstants.LISTED, listedAt);
      pending.taken(end);
      listedDone = true;
      awaited = null;
    } catch (Exception | StackOverflowError e) {
      pending.failed(end, text(e));
      if (listedFailures++ == 0) {
        LOG.warn(
            "{}: the route failed for the end of the list, sent again: {}", what, e.toString());
      }
      listedNotBefore = System.nanoTime() + WorkQueue.waitAfter(listedFailures).toNanos();
    }
  }
}
