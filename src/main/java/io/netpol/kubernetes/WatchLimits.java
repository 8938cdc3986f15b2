package io.netpol.kubernetes;

import java.time.Duration;

/**
 * How long an API server may take, and may be silent.
 *
 * <p>One that is bound in the registry of a Camel context holds for all its sources.
 *
 * @param list for one page of a list, from the request to its last byte
 * @param silence how long an open watch may bring nothing, no bookmark either, before it is opened
 *     anew: a connection that is cut without a word looks like one on which nothing happens
 * @param maxAge how old the view may grow before readiness goes down
 */
public record WatchLimits(Duration list, Duration silence, Duration maxAge) {

  /** Twice the time in which API servers send bookmarks. */
  private static final Duration SILENCE = Duration.ofMinutes(2);

  /** Those that hold where none are bound. */
  static final WatchLimits DEFAULT =
      new WatchLimits(Duration.ofMinutes(1), SILENCE, Duration.ofMinutes(5));
}
