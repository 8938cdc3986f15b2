package io.netpol.kubernetes;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Distinguishes objects that existed when the agent began to watch from those that appear later.
 *
 * <p>It keeps only versions that the route has not taken yet. Thread-safe.
 */
final class FirstList {

  /** The resource versions of listed objects by key. */
  private final Map<String, String> undelivered = new ConcurrentHashMap<>();

  private volatile boolean complete;

  /** Takes an object of the first list in; without effect for later lists. */
  void listed(String key, HasMetadata object) {
    if (!complete) {
      String version = version(object);
      if (version != null) {
        undelivered.put(key, version);
      }
    }
  }

  /** Records that the first list is complete. */
  void complete() {
    complete = true;
  }

  /** Returns whether the first list had this version, and the route has not taken it yet. */
  boolean has(HasMetadata object) {
    String version = undelivered.isEmpty() ? null : version(object);
    return version != null && version.equals(undelivered.get(Cache.metaNamespaceKeyFunc(object)));
  }

  private static String version(HasMetadata object) {
    return object == null || object.getMetadata() == null
        ? null
        : object.getMetadata().getResourceVersion();
  }

  /** Forgets an object that the route has taken. */
  void delivered(HasMetadata object) {
    if (!undelivered.isEmpty()) {
      undelivered.remove(Cache.metaNamespaceKeyFunc(object));
    }
  }

  /** Forgets objects that were deleted before the route took them, when it takes the end. */
  void ended() {
    undelivered.clear();
  }
}
