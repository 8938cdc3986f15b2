package io.netpol.index;

import java.time.Duration;

/**
 * Reports the state of the watch of one kind of object.
 *
 * @param kind the name in the API, such as {@code Pod}
 * @param age the staleness of the cache: the time since the last answer of the API server that
 *     proves the cache current; before the first one, since the source was made
 * @param stuck the time since the event loop last iterated; zero if the route is stopped
 * @param pending the number of changes that the route has not processed yet
 * @param failing the number of these for which the route failed; they are retried until it succeeds
 * @param failures the number of failures of the route since the start
 * @param waited the time for which the oldest pending change has waited; zero if none is pending
 */
public record WatchStatus(
    String kind,
    Duration age,
    Duration stuck,
    int pending,
    int failing,
    long failures,
    Duration waited) {}
