package io.netpol.route;

import io.netpol.dataplane.conntrack.ConntrackEntry;
import java.time.Duration;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Connections that were deleted because policies forbid them. Both ends have them still, and what
 * the pod that may not be reached sends on one looks to conntrack as if it opened another: so they
 * are looked for again for a while. Not for threads of its own: {@link ConntrackCleanup} has the
 * lock.
 */
final class EndedConnections {

  /** How long: an end that hears nothing gives up mostly within this time. */
  private static final Duration KEPT = Duration.ofMinutes(5);

  /** How often, after the look that follows at once. */
  private static final Duration PERIOD = Duration.ofSeconds(5);

  /** More are forgotten, the oldest first. */
  private static final int MOST = 10_000;

  private final LongSupplier nanoTime;

  /** With the time of {@link System#nanoTime} at which each was deleted, the oldest first. */
  private final Map<ConntrackEntry, Long> deleted = new LinkedHashMap<>();

  private boolean atOnce;
  private long lookedFor;

  EndedConnections(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** These were deleted just now. */
  void add(Collection<ConntrackEntry> connections) {
    long now = nanoTime.getAsLong();
    for (ConntrackEntry connection : connections) {
      deleted.remove(connection);
      deleted.put(connection, now);
    }
    Iterator<Long> oldest = deleted.values().iterator();
    for (int more = deleted.size() - MOST; more > 0; more--) {
      oldest.next();
      oldest.remove();
    }
    atOnce |= !connections.isEmpty();
  }

  /** Whether they are to be looked for without any delay, as some were deleted just now. */
  boolean isDueAtOnce() {
    return atOnce;
  }

  /** Whether they are to be looked for. */
  boolean isDue() {
    forget();
    return atOnce || !deleted.isEmpty() && nanoTime.getAsLong() - lookedFor >= PERIOD.toNanos();
  }

  /** Those to look for now. */
  Set<ConntrackEntry> take() {
    forget();
    atOnce = false;
    lookedFor = nanoTime.getAsLong();
    return Set.copyOf(deleted.keySet());
  }

  private void forget() {
    long now = nanoTime.getAsLong();
    deleted.values().removeIf(then -> now - then >= KEPT.toNanos());
  }
}
