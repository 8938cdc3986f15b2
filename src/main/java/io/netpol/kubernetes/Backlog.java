package io.netpol.kubernetes;

import java.time.Duration;
import java.util.List;

/**
 * Says how far a route has got with the changes of one kind of object.
 *
 * @param pending changes that the route has not taken yet, the one that is being sent included
 * @param failing how many of these, the end of the list among them, the route has failed for
 * @param named some of those that fail, each with why it failed last
 * @param failures how often the route has failed since the start
 * @param oldest the key of the change that has waited longest; null where none waits
 * @param waited how long that one has waited
 */
record Backlog(
    int pending, int failing, List<String> named, long failures, String oldest, Duration waited) {

  Backlog {
    named = List.copyOf(named);
  }
}
