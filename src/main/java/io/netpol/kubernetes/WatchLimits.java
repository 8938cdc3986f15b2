package io.netpol.kubernetes;

import java.time.Duration;

/**
 * Holds the time limits for an API server.
 *
 * <p>An instance in the registry of a Camel context applies to all its sources.
 *
 * @param list the time without a byte after which a list is requested again
 * @param silence the time without an event or bookmark after which a watch is reopened: a
 *     connection that is lost silently looks like an idle one
 * @param maxAge the staleness of the cache at which readiness goes down
 */
public record WatchLimits(Duration list, Duration silence, Duration maxAge) {

  /** Twice the interval at which API servers send bookmarks, about one minute. */
  private static final Duration SILENCE = Duration.ofMinutes(2);

  /** The limits without an instance in the registry. */
  static final WatchLimits DEFAULT =
      new WatchLimits(Duration.ofMinutes(1), SILENCE, Duration.ofMinutes(5));
}
