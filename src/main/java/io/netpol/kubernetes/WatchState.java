package io.netpol.kubernetes;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.netpol.index.WatchStatus;
import io.netpol.kubernetes.parse.ResourceType;

/**
 * Holds the state of a watch, which outlives stops of its consumer.
 *
 * @param known the known objects, with their delivery state
 * @param pending the changes that the route has not processed yet
 * @param lastContact the last contact with the API server
 * @param heartbeat the heartbeat of the event loop
 * @param first what of the first list is not delivered yet
 */
record WatchState<T extends HasMetadata>(
    ResourceType<T> watched,
    ObjectStore<T> known,
    WorkQueue<T> pending,
    LastContact lastContact,
    Heartbeat heartbeat,
    FirstList first) {

  /** Makes an empty state. */
  static <T extends HasMetadata> WatchState<T> of(ResourceType<T> watched) {
    return new WatchState<>(
        watched,
        new ObjectStore<>(watched),
        new WorkQueue<>(),
        new LastContact(),
        new Heartbeat(),
        new FirstList());
  }

  /** Returns the status of the watch. */
  WatchStatus status() {
    Backlog backlog = pending.backlog();
    return new WatchStatus(
        watched.kind(),
        lastContact.age(),
        heartbeat.age(),
        backlog.pending(),
        backlog.failing(),
        backlog.failures(),
        backlog.waited());
  }
}
