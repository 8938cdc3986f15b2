package io.netpol.route;

import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.Transaction;
import io.netpol.model.ObjectKey;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * An apply that succeeded.
 *
 * @param work what was due
 * @param changed the pods that got other rules
 * @param deliveries what the tools took; empty where the kernel had it all
 * @param took how long it took
 * @param end when the last tool had taken its payload
 * @param sinceHeard how long ago the oldest event that made it due was heard of; empty where no
 *     event did
 */
public record Applied(
    ReconcileRequest work,
    Set<ObjectKey> changed,
    List<Transaction> deliveries,
    Duration took,
    Instant end,
    Optional<Duration> sinceHeard) {}
