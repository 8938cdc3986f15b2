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

/** Remembers when pods got other rules last, and how the last attempt went. */
public final class ApplyHistory implements ApplyListener {

  /** Pods come and go: beyond these, times of those that are gone are dropped. */
  private static final int MOST_PODS = 1_000;

  private final Cluster cluster;
  private final Map<ObjectKey, Instant> lastApply = new ConcurrentHashMap<>();
  private volatile Attempt last;

  /** Of the pods of this cluster's node. */
  public ApplyHistory(Cluster cluster) {
    this.cluster = cluster;
  }

  /**
   * An attempt to apply.
   *
   * @param result {@code applied}, {@code nothing to do} or {@code failed}
   * @param millis how long it took; null where it failed
   * @param because the objects whose events made it due, or why it failed
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
            applied.work().causes().stream().sorted().toList());
  }

  @Override
  public void failed(Instant when, String why) {
    last = new Attempt(when, "failed", null, List.of(why));
  }

  /** When a pod of this node got other rules last; empty where this agent gave it none. */
  Optional<Instant> lastApply(ObjectKey pod) {
    return Optional.ofNullable(lastApply.get(pod));
  }

  /** The last attempt; null where there was none. */
  Attempt last() {
    return last;
  }
}
