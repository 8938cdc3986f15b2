package io.netpol.route;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * What is to be told about pods and policies that could not be applied, or were applied in the end.
 *
 * <p>The newest for each object replaces what was not told yet, and there are never more than so
 * many: the applier only puts here, and whoever tells may be slow.
 */
public final class DeadLetterNotifications {

  /** Beyond, objects that were not told about for longest are forgotten. */
  private static final int MOST = 1_000;

  /** So many are told in a second, at most. */
  private static final int AT_ONCE = 20;

  /** That something still fails is repeated no more often. */
  private static final Duration REPEAT = Duration.ofMinutes(5);

  /** What the news is about, in Kubernetes' words. The namespace of a node is empty. */
  public record About(String kind, String namespace, String name) {}

  /**
   * One piece of news.
   *
   * @param applied whether it was applied in the end; else it could not be
   * @param count how often it was told of the object without it being applied in between
   */
  public record News(
      About about, boolean applied, String message, int count, Instant first, Instant last) {}

  /**
   * What was told of an object last.
   *
   * @param nanos when, by a clock that nobody sets
   */
  private record Told(String letter, String error, int count, Instant first, long nanos) {}

  private final boolean on;
  private final String node;
  private final Clock clock;
  private final LongSupplier nanos;

  @GuardedBy("this")
  private final Map<About, News> pending = new LinkedHashMap<>();

  @GuardedBy("this")
  private final Map<About, Told> told = new LinkedHashMap<>();

  /**
   * Nothing to be told.
   *
   * @param on whether anybody listens
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

  /** A letter was written, or would have been. */
  synchronized void notApplied(DeadLetter letter) {
    Instant now = clock.instant();
    for (About about : on ? about(letter) : List.<About>of()) {
      Told before = told.get(about);
      boolean same = before != null && Objects.equals(before.error(), letter.error());
      if (same && nanos.getAsLong() - before.nanos() < REPEAT.toNanos()) {
        continue;
      }
      Told next =
          new Told(
              letter.id(),
              letter.error(),
              before == null ? 1 : before.count() + 1,
              before == null ? now : before.first(),
              nanos.getAsLong());
      put(told, about, next);
      String message =
          String.format(
              Locale.ROOT,
              "node %s: the rules of %s could not be applied (%s): %s",
              node,
              letter.subject(),
              enforced(letter),
              letter.reason());
      put(pending, about, new News(about, false, message, next.count(), next.first(), now));
    }
  }

  private static String enforced(DeadLetter letter) {
    return switch (letter.state()) {
      case LAST_RULES -> "its last rules stay";
      case CLOSED -> "nothing passes";
      case UNCHANGED -> "what was enforced stays";
    };
  }

  /** A letter's work was applied; policies that other letters name have to wait for those. */
  synchronized void applied(DeadLetter letter, Set<String> policiesOfOthers) {
    Instant now = clock.instant();
    for (About about : on ? about(letter) : List.<About>of()) {
      if (about.kind().equals("NetworkPolicy")
          && policiesOfOthers.contains(about.namespace() + "/" + about.name())) {
        continue;
      }
      told.remove(about);
      String message =
          String.format(
              Locale.ROOT, "node %s: the rules of %s are applied", node, letter.subject());
      put(pending, about, new News(about, true, message, 1, now, now));
    }
  }

  /** A letter is no longer reported. */
  synchronized void forget(String letter) {
    told.values().removeIf(t -> t.letter().equals(letter));
  }

  /** The pods and policies, or the node where it is about neither alone. */
  private List<About> about(DeadLetter letter) {
    if (letter.pods().size() != 1) {
      return List.of(new About("Node", "", node));
    }
    return Stream.concat(
            letter.pods().stream().map(key -> named("Pod", key)),
            letter.policies().stream().map(key -> named("NetworkPolicy", key)))
        .toList();
  }

  private static About named(String kind, String key) {
    int slash = key.indexOf('/');
    return new About(kind, key.substring(0, Math.max(slash, 0)), key.substring(slash + 1));
  }

  private static <T> void put(Map<About, T> map, About about, T value) {
    map.remove(about); // the newest stands last
    map.put(about, value);
    if (map.size() > MOST) {
      map.remove(map.keySet().iterator().next());
    }
  }

  /** Some of what is to be told, oldest first; it is told by whoever took it. */
  public synchronized List<News> take() {
    List<News> taken = new ArrayList<>();
    for (Iterator<News> i = pending.values().iterator(); i.hasNext() && taken.size() < AT_ONCE; ) {
      taken.add(i.next());
      i.remove();
    }
    return taken;
  }

  /** What was taken could not be told; newer news of the same object go before. */
  synchronized void giveBack(News news) {
    if (pending.size() < MOST) {
      pending.putIfAbsent(news.about(), news);
    }
  }
}
