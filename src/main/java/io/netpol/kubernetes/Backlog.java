package io.netpol.kubernetes;

import java.time.Duration;
import java.util.List;

/**
 * Reports the changes of one kind of object that a route has not processed yet.
 *
 * @param pending the number of these changes, the one in progress included
 * @param failing the number of these for which the route failed, the end of the list included
 * @param named some of these, each with the reason of the last failure
 * @param failures the number of failures of the route since the start
 * @param oldest the key of the change that has waited longest; null if none waits
 * @param waited the time for which it has waited
 */
record Backlog(
    int pending, int failing, List<String> named, long failures, String oldest, Duration waited) {

  Backlog {
    named = List.copyOf(named);
  }
}
