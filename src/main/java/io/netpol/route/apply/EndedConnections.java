package io.netpol.route.apply;

import io.netpol.dataplane.conntrack.ConntrackEntry;
import java.time.Duration;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * Remembers connections that were deleted because policies deny them, and checks for a while that
 * they stay deleted: source and destination still have them open, and conntrack takes the next
 * packet of the protected pod for a new connection that it opened ({@code nf_conntrack_tcp_loose},
 * <a href="https://docs.kernel.org/networking/nf_conntrack-sysctl.html">nf_conntrack-sysctl</a>).
 * Not thread-safe; {@link ConntrackCleanup} locks.
 */
final class EndedConnections {

  /** How long to check: most programs give up on a silent connection within this time. */
  private static final Duration RETENTION = Duration.ofMinutes(5);

  /** How often to check, after the first check that follows at once. */
  private static final Duration PERIOD = Duration.ofSeconds(5);

  /** Bound on connections; the oldest are dropped first. */
  private static final int MAX_CONNECTIONS = 10_000;

  private final LongSupplier nanoTime;

  /** The {@link System#nanoTime} at which each was deleted, the oldest first. */
  private final Map<ConntrackEntry, Long> deleted = new LinkedHashMap<>();

  private boolean urgent;
  private long lastLook;

  EndedConnections(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** Adds connections that were deleted just now. */
  void add(Collection<ConntrackEntry> connections) {
    long now = nanoTime.getAsLong();
    for (ConntrackEntry connection : connections) {
      deleted.remove(connection);
      deleted.put(connection, now);
    }
    Iterator<Long> oldest = deleted.values().iterator();
    for (int more = deleted.size() - MAX_CONNECTIONS; more > 0; more--) {
      oldest.next();
      oldest.remove();
    }
    urgent |= !connections.isEmpty();
  }

  /** Returns whether to check at once, because some were deleted just now. */
  boolean isUrgent() {
    return urgent;
  }

  /** Returns whether to check now. */
  boolean isPending() {
    forget();
    return urgent || !deleted.isEmpty() && nanoTime.getAsLong() - lastLook >= PERIOD.toNanos();
  }

  /** Returns the connections to check, and notes the time of the check. */
  Set<ConntrackEntry> take() {
    forget();
    urgent = false;
    lastLook = nanoTime.getAsLong();
    return Set.copyOf(deleted.keySet());
  }

  private void forget() {
    long now = nanoTime.getAsLong();
    deleted.values().removeIf(then -> now - then >= RETENTION.toNanos());
  }
}
