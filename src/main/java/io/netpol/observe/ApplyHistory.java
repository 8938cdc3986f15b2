package io.netpol.observe;

import io.netpol.index.Cluster;
import io.netpol.model.ObjectKey;
import io.netpol.route.Applied;
import io.netpol.route.ApplyListener;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Remembers when the rules of each pod changed last, and the last attempt. Thread-safe. */
public final class ApplyHistory implements ApplyListener {

  /** Beyond this number, the times of pods that are gone are dropped. */
  private static final int MOST_PODS = 1_000;

  private final Cluster cluster;
  private final Map<ObjectKey, Instant> lastApply = new ConcurrentHashMap<>();
  private volatile Attempt last;

  /** Creates a history for the pods of this cluster's node. */
  public ApplyHistory(Cluster cluster) {
    this.cluster = cluster;
  }

  /**
   * An attempt to sync.
   *
   * @param result {@code applied}, {@code nothing to do} or {@code failed}
   * @param millis how long it took; null if it failed
   * @param because the objects whose events triggered it, or why it failed
   */
  public record Attempt(Instant at, String result, Long millis, List<String> because) {}

  @Override
  public void applied(Applied applied) {
    applied.changed().forEach(pod -> lastApply.put(pod, applied.end()));
    if (lastApply.size() > MOST_PODS) {
      lastApply.keySet().retainAll(cluster.localPods());
    }
    last =
        new Attempt(
            applied.end(),
            applied.deliveries().isEmpty() ? "nothing to do" : "applied",
            applied.took().toMillis(),
            applied.request().triggers().stream().sorted().toList());
  }

  @Override
  public void failed(Instant when, String why) {
    last = new Attempt(when, "failed", null, List.of(why));
  }

  /** Returns when a pod's rules changed last; empty if this agent did not change them. */
  public Optional<Instant> lastApply(ObjectKey pod) {
    return Optional.ofNullable(lastApply.get(pod));
  }

  /** Returns the last attempt; null before the first. */
  public Attempt last() {
    return last;
  }
}
