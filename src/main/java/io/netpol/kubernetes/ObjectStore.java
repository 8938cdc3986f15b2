package io.netpol.kubernetes;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import io.netpol.kubernetes.parse.ResourceType;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Stores what an informer has to remember of each object, and the delivery state of the object.
 * Thread-safe.
 *
 * <p>A cluster has a hundred thousand pods: only uid and resource version are stored beside the
 * key. A deleted object stays known until the route has processed its deletion.
 */
final class ObjectStore<T extends HasMetadata> implements ItemStore<T> {

  /** Tells what was sent to the route about an object. */
  enum DeliveryState {
    /** Nothing was sent yet, or DELETED was. */
    NOTHING,
    /** ADDED was sent and failed: the route may have processed a part of it. */
    TRIED,
    /** The route has processed it. */
    DELIVERED
  }

  /**
   * Holds a uid and a resource version in unusual forms, which no known API server uses; either may
   * be null.
   */
  private record Odd(String uid, String resourceVersion) {}

  /**
   * Holds what is stored of one object.
   *
   * @param uidHigh with {@code uidLow} the uid, a {@link UUID}: as text it takes three times the
   *     memory
   * @param version the resource version, a number, for the same reason
   * @param odd the text forms, if either has an unusual form; else null
   * @param present whether the API server has the object, as far as known
   */
  private record Entry(
      long uidHigh,
      long uidLow,
      long version,
      Odd odd,
      boolean present,
      DeliveryState deliveryState) {

    static Entry of(String uid, String version, DeliveryState deliveryState) {
      try {
        UUID id = UUID.fromString(String.valueOf(uid));
        long number = Long.parseLong(version);
        if (id.toString().equals(uid) && Long.toString(number).equals(version)) {
          return new Entry(
              id.getMostSignificantBits(),
              id.getLeastSignificantBits(),
              number,
              null,
              true,
              deliveryState);
        }
      } catch (IllegalArgumentException e) {
        // the API guarantees neither form
      }
      return new Entry(0, 0, 0, new Odd(uid, version), true, deliveryState);
    }

    Entry with(boolean nowPresent, DeliveryState nowTold) {
      return new Entry(uidHigh, uidLow, version, odd, nowPresent, nowTold);
    }

    String uid() {
      return odd == null ? new UUID(uidHigh, uidLow).toString() : odd.uid;
    }

    String resourceVersion() {
      return odd == null ? Long.toString(version) : odd.resourceVersion;
    }
  }

  private final ResourceType<T> watched;
  private final Map<String, Entry> entries = new ConcurrentHashMap<>();

  ObjectStore(ResourceType<T> watched) {
    this.watched = watched;
  }

  @Override
  public String getKey(T object) {
    return Cache.metaNamespaceKeyFunc(object);
  }

  @Override
  public T put(String key, T object) {
    String uid = object.getMetadata().getUid();
    String version = object.getMetadata().getResourceVersion();
    Entry[] old = new Entry[1];
    entries.compute(
        key,
        (k, entry) -> {
          old[0] = entry;
          return Entry.of(
              uid, version, entry == null ? DeliveryState.NOTHING : entry.deliveryState());
        });
    return restored(key, old[0]);
  }

  @Override
  public T remove(String key) {
    Entry[] old = new Entry[1];
    entries.computeIfPresent(
        key,
        (k, entry) -> {
          old[0] = entry;
          return entry.deliveryState() == DeliveryState.NOTHING
              ? null
              : entry.with(false, entry.deliveryState());
        });
    return restored(key, old[0]);
  }

  @Override
  public Stream<String> keySet() {
    return entries.entrySet().stream().filter(e -> e.getValue().present()).map(Map.Entry::getKey);
  }

  @Override
  public Stream<T> values() {
    return entries.entrySet().stream()
        .filter(e -> e.getValue().present())
        .map(e -> restored(e.getKey(), e.getValue()));
  }

  @Override
  public int size() {
    return (int) keySet().count();
  }

  @Override
  public T get(String key) {
    return restored(key, entries.get(key));
  }

  /**
   * Returns false: the informer then passes on each listed object at once, and never reads one from
   * here.
   */
  @Override
  public boolean isFullState() {
    return false;
  }

  /** Returns what was sent to the route about the object. */
  DeliveryState deliveryState(String key) {
    Entry entry = entries.get(key);
    return entry == null ? DeliveryState.NOTHING : entry.deliveryState();
  }

  /**
   * Records what was sent to the route. A deleted object whose deletion was processed is removed;
   * one that was deleted while it was being sent is stored again until its deletion is processed.
   */
  void setDeliveryState(String key, DeliveryState deliveryState) {
    entries.compute(
        key,
        (k, entry) -> {
          if (entry != null && (entry.present() || deliveryState != DeliveryState.NOTHING)) {
            return entry.with(entry.present(), deliveryState);
          }
          return deliveryState == DeliveryState.NOTHING
              ? null
              : Entry.of(null, null, deliveryState).with(false, deliveryState);
        });
  }

  /** Returns the wanted keys that the API server has and the route has not processed yet. */
  Set<String> undelivered(Predicate<String> wanted) {
    Set<String> keys = new HashSet<>();
    entries.forEach(
        (key, entry) -> {
          if (entry.present()
              && entry.deliveryState() != DeliveryState.DELIVERED
              && wanted.test(key)) {
            keys.add(key);
          }
        });
    return keys;
  }

  private T restored(String key, Entry entry) {
    return entry == null || !entry.present()
        ? null
        : watched.skeleton(key, entry.uid(), entry.resourceVersion());
  }
}
