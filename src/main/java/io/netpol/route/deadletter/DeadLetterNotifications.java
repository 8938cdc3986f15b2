package io.netpol.route.deadletter;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * Queues notifications about pods and policies that could not be applied, or were applied after
 * all.
 *
 * <p>A new notification replaces the pending one of the same object, and their number is bounded:
 * the thread that applies never waits for the one that publishes. Thread-safe.
 */
public final class DeadLetterNotifications {

  /** Bound on objects; those that were not published for longest are dropped first. */
  private static final int MAX_PENDING = 1_000;

  /** Notifications that {@link #take} returns at most; the route calls it every second. */
  private static final int BATCH_SIZE = 20;

  /** How often to repeat that an object still fails. */
  private static final Duration REPEAT = Duration.ofMinutes(5);

  /** The object of a notification. The namespace of a Node is empty. */
  public record About(String kind, String namespace, String name) {}

  /**
   * A notification about one object.
   *
   * @param applied whether the rules were applied after all, or could not be
   * @param count how often the failure was published without a success in between
   */
  public record Notification(
      About about, boolean applied, String message, int count, Instant first, Instant last) {}

  /**
   * The failure of an object that was published last.
   *
   * @param nanos when, by {@link System#nanoTime}
   */
  private record Published(String letter, String error, int count, Instant first, long nanos) {}

  private final boolean on;
  private final String node;
  private final Clock clock;
  private final LongSupplier nanos;

  @GuardedBy("this")
  private final Map<About, Notification> pending = new LinkedHashMap<>();

  @GuardedBy("this")
  private final Map<About, Published> published = new LinkedHashMap<>();

  /**
   * Creates an empty queue.
   *
   * @param on whether notifications are published; if not, none is queued
   * @param node the node that the agent runs on
   */
  public DeadLetterNotifications(boolean on, String node, Clock clock) {
    this(on, node, clock, System::nanoTime);
  }

  DeadLetterNotifications(boolean on, String node, Clock clock, LongSupplier nanos) {
    this.nanos = nanos;
    this.on = on;
    this.node = node;
    this.clock = clock;
  }

  /** Queues that the request of a letter could not be applied, whether or not its file exists. */
  synchronized void notApplied(DeadLetter letter) {
    Instant now = clock.instant();
    for (About about : on ? about(letter) : List.<About>of()) {
      Published before = published.get(about);
      boolean same = before != null && Objects.equals(before.error(), letter.error());
      if (same && nanos.getAsLong() - before.nanos() < REPEAT.toNanos()) {
        continue;
      }
      Published next =
          new Published(
              letter.id(),
              letter.error(),
              before == null ? 1 : before.count() + 1,
              before == null ? now : before.first(),
              nanos.getAsLong());
      put(published, about, next);
      String message =
          String.format(
              Locale.ROOT,
              "node %s: the rules of %s could not be applied (%s): %s",
              node,
              letter.subject(),
              letter.enforced(),
              letter.reason());
      put(pending, about, new Notification(about, false, message, next.count(), next.first(), now));
    }
  }

  /** Queues that a letter's request was applied, except for policies that other letters name. */
  synchronized void applied(DeadLetter letter, Set<String> policiesOfOthers) {
    Instant now = clock.instant();
    Set<About> abouts = new LinkedHashSet<>(about(letter));
    // Also those that an earlier failure of the same request was reported for.
    published.forEach(
        (about, last) ->
            abouts.addAll(last.letter().equals(letter.id()) ? Set.of(about) : Set.of()));
    for (About about : on ? abouts : Set.<About>of()) {
      if (about.kind().equals("NetworkPolicy")
          && policiesOfOthers.contains(about.namespace() + "/" + about.name())) {
        continue;
      }
      published.remove(about);
      String message =
          String.format(
              Locale.ROOT, "node %s: the rules of %s are applied", node, letter.subject());
      put(pending, about, new Notification(about, true, message, 1, now, now));
    }
  }

  /** Forgets what was published of a letter that an operator dropped. */
  synchronized void forget(String letter) {
    published.values().removeIf(t -> t.letter().equals(letter));
  }

  /** Returns the pod and its policies, or the Node if the letter is not about one pod. */
  private List<About> about(DeadLetter letter) {
    if (letter.pods().size() != 1) {
      return List.of(new About("Node", "", node));
    }
    return Stream.concat(
            letter.pods().stream().map(key -> named("Pod", key)),
            letter.affectedPolicies().map(key -> named("NetworkPolicy", key)))
        .toList();
  }

  private static About named(String kind, String key) {
    int slash = key.indexOf('/');
    return new About(kind, key.substring(0, Math.max(slash, 0)), key.substring(slash + 1));
  }

  private static <T> void put(Map<About, T> map, About about, T value) {
    map.remove(about); // so that the newest is last
    map.put(about, value);
    if (map.size() > MAX_PENDING) {
      map.remove(map.keySet().iterator().next());
    }
  }

  /** Takes the oldest pending notifications, at most {@value #BATCH_SIZE}. */
  public synchronized List<Notification> take() {
    List<Notification> taken = new ArrayList<>();
    for (Iterator<Notification> i = pending.values().iterator();
        i.hasNext() && taken.size() < BATCH_SIZE; ) {
      taken.add(i.next());
      i.remove();
    }
    return taken;
  }

  /** Queues a notification again that could not be published, unless a newer one is pending. */
  synchronized void requeue(Notification notification) {
    if (pending.size() < MAX_PENDING) {
      pending.putIfAbsent(notification.about(), notification);
    }
  }
}
