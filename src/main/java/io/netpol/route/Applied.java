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
 * Reports a sync that succeeded.
 *
 * @param request the keys that were reconciled
 * @param changed the pods whose rules changed
 * @param deliveries the payloads that the tools took; empty if the kernel had everything already
 * @param took from planning to the end of the last tool
 * @param end when the last tool had taken its payload
 * @param sinceOldestEvent the time since the agent received the oldest event of the batch; empty if
 *     no event triggered the sync
 */
public record Applied(
    ReconcileRequest request,
    Set<ObjectKey> changed,
    List<Transaction> deliveries,
    Duration took,
    Instant end,
    Optional<Duration> sinceOldestEvent) {}
