package io.netpol.kubernetes;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.netpol.index.WatchStatus;

/**
 * What an endpoint knows and has yet to tell, kept while its consumer is stopped.
 *
 * @param known what has been heard of, and told
 * @param pending what the route has not taken yet
 * @param lastContact when the API server was heard last
 * @param heartbeat of the loop that tells the route
 */
record WatchState<T extends HasMetadata>(
    ResourceType<T> watched,
    ObjectStore<T> known,
    WorkQueue<T> pending,
    LastContact lastContact,
    Heartbeat heartbeat) {

  /** Returns a memory of nothing. */
  static <T extends HasMetadata> WatchState<T> of(ResourceType<T> watched) {
    return new WatchState<>(
        watched, new ObjectStore<>(watched), new WorkQueue<>(), new LastContact(), new Heartbeat());
  }

  /** Returns how the kind is seen now. */
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
