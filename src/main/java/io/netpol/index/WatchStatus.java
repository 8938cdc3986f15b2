package io.netpol.index;

import java.time.Duration;

/**
 * What a source knows of one kind of object, as seen from outside.
 *
 * @param kind as in the API, such as {@code Pod}
 * @param age since the API server was last heard in a way that proves the view current; where it
 *     never was, since the source was made
 * @param stuck how long the loop that hands changes to the route has not come round; zero where the
 *     route is stopped
 * @param pending changes that the route has not taken yet
 * @param failing how many of these the route has failed for; they are sent again until taken
 * @param failures how often the route has failed since the start
 * @param waited how long the oldest pending change has waited; zero where none is pending
 */
public record WatchStatus(
    String kind,
    Duration age,
    Duration stuck,
    int pending,
    int failing,
    long failures,
    Duration waited) {}
