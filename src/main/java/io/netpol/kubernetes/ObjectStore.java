package io.netpol.kubernetes;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * What an informer has to remember of each object, and what the route has been told of it.
 *
 * <p>A cluster has a hundred thousand pods: only uid and resource version are kept beside the key.
 * An object that is gone stays known until the route has been told.
 */
final class ObjectStore<T extends HasMetadata> implements ItemStore<T> {

  /** What the route has been told of an object. */
  enum DeliveryState {
    /** Nothing was sent yet, or a DELETED was. */
    NOTHING,
    /** An ADDED was sent and failed: the route may have taken part of it. */
    TRIED,
    /** The route has taken it. */
    DELIVERED
  }

  /** What an API server may call an object by, though none does; either may be null. */
  private record Odd(String uid, String resourceVersion) {}

  /**
   * What is kept of one object.
   *
   * @param uidHigh with {@code uidLow} the uid, a {@link UUID}: as text it takes three times the
   *     room
   * @param version the resource version, a number, for the same reason
   * @param odd both, where either is not such a one; null where both are
   * @param present whether the API server has the object, as far as is known
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
        // neither is promised
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

  /** Not full: so the informer hands on each listed object at once, and never from here. */
  @Override
  public boolean isFullState() {
    return false;
  }

  /** Returns what the route has been told of the object. */
  DeliveryState deliveryState(String key) {
    Entry entry = entries.get(key);
    return entry == null ? DeliveryState.NOTHING : entry.deliveryState();
  }

  /**
   * Notes what the route has been told. An object that is gone and told of is forgotten; one that
   * went while it was being sent is known again until its end is told too.
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

  /** Returns the keys, of those wanted, that the API server has and the route has not yet taken. */
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
