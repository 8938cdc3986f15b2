package io.netpol.kubernetes;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Tells objects that were there before the first watch began from those that came later.
 *
 * <p>Only versions that the route has not taken yet are kept. Any thread.
 */
final class FirstList {

  /** Of objects that were listed: the resource version by key. */
  private final Map<String, String> untold = new ConcurrentHashMap<>();

  private volatile boolean complete;

  /** A page of a list has come; after the last of the first list none is taken in. */
  void listed(List<? extends HasMetadata> page, boolean last) {
    if (!complete) {
      for (HasMetadata object : page) {
        String version = version(object);
        if (version != null) {
          untold.put(Cache.metaNamespaceKeyFunc(object), version);
        }
      }
      complete = last;
    }
  }

  /** Whether this version of the object was in the first list, and the route has not taken it. */
  boolean has(HasMetadata object) {
    String version = untold.isEmpty() ? null : version(object);
    return version != null && version.equals(untold.get(Cache.metaNamespaceKeyFunc(object)));
  }

  private static String version(HasMetadata object) {
    return object == null || object.getMetadata() == null
        ? null
        : object.getMetadata().getResourceVersion();
  }

  /** The route has taken the object. */
  void told(HasMetadata object) {
    if (!untold.isEmpty()) {
      untold.remove(Cache.metaNamespaceKeyFunc(object));
    }
  }

  /** The route has taken the end of the list: nothing of it is left but what went meanwhile. */
  void ended() {
    untold.clear();
  }
}
