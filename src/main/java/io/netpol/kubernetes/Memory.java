package io.netpol.kubernetes;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.netpol.index.WatchStatus;

/**
 * What an endpoint knows and has yet to tell, kept while its consumer is stopped.
 *
 * @param known what has been heard of, and told
 * @param pending what the route has not taken yet
 * @param hearing when the API server was heard last
 * @param pulse of the loop that tells the route
 */
record Memory<T extends HasMetadata>(
    Watched<T> watched,
    KnownObjects<T> known,
    PendingChanges<T> pending,
    Hearing hearing,
    Pulse pulse) {

  /** A memory of nothing. */
  static <T extends HasMetadata> Memory<T> of(Watched<T> watched) {
    return new Memory<>(
        watched, new KnownObjects<>(watched), new PendingChanges<>(), new Hearing(), new Pulse());
  }

  /** How the kind is seen now. */
  WatchStatus status() {
    Backlog backlog = pending.backlog();
    return new WatchStatus(
        watched.kind(),
        hearing.age(),
        pulse.age(),
        backlog.pending(),
        backlog.failing(),
        backlog.failures(),
        backlog.waited());
  }
}
