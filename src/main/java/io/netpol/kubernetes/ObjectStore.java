package io.netpol.kubernetes;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import io.netpol.kubernetes.parse.ResourceType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * Stores what a source has to remember of each object, and the delivery state of the object.
 * Thread-safe.
 *
 * <p>A cluster has a hundred thousand pods: only uid and resource version are stored beside the
 * key. A deleted object stays known until the route has processed its deletion.
 */
final class ObjectStore<T extends HasMetadata> {

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
   * @param round the list that last had the object, or before which it last changed
   */
  private record Entry(
      long uidHigh,
      long uidLow,
      long version,
      Odd odd,
      boolean present,
      DeliveryState deliveryState,
      int round) {

    static Entry of(String uid, String version, DeliveryState deliveryState, int round) {
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
              deliveryState,
              round);
        }
      } catch (IllegalArgumentException e) {
        // the API guarantees neither form
      }
      return new Entry(0, 0, 0, new Odd(uid, version), true, deliveryState, round);
    }

    Entry with(boolean nowPresent, DeliveryState nowTold) {
      return new Entry(uidHigh, uidLow, version, odd, nowPresent, nowTold, round);
    }

    boolean isLike(Entry other) {
      return uidHigh == other.uidHigh
          && uidLow == other.uidLow
          && version == other.version
          && Objects.equals(odd, other.odd);
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

  /** The number of lists that were begun; one thread lists and watches. */
  private volatile int round;

  ObjectStore(ResourceType<T> watched) {
    this.watched = watched;
  }

  /** Returns the key of an object, {@code namespace/name} or the name. */
  static String key(HasMetadata object) {
    return Cache.metaNamespaceKeyFunc(object);
  }

  /** Begins a list: {@link #unlisted} then returns what is not in it. */
  void beginList() {
    round++;
  }

  /** Stores an object that the API server has; returns whether this version was not known. */
  boolean put(String key, T object) {
    String uid = object.getMetadata().getUid();
    String version = object.getMetadata().getResourceVersion();
    boolean[] isNew = {true};
    entries.compute(
        key,
        (k, before) -> {
          Entry now =
              Entry.of(
                  uid,
                  version,
                  before == null ? DeliveryState.NOTHING : before.deliveryState(),
                  round);
          isNew[0] = before == null || !before.present() || version == null || !before.isLike(now);
          return now;
        });
    return isNew[0];
  }

  /** Records that the API server has an object no longer; returns whether it was known. */
  boolean remove(String key) {
    boolean[] known = {false};
    entries.computeIfPresent(
        key,
        (k, entry) -> {
          known[0] = entry.present();
          return entry.deliveryState() == DeliveryState.NOTHING
              ? null
              : entry.with(false, entry.deliveryState());
        });
    return known[0];
  }

  /** Returns the objects that were not in the last list, with what is stored of each. */
  List<T> unlisted() {
    List<T> gone = new ArrayList<>();
    entries.forEach(
        (key, entry) -> {
          if (entry.present() && entry.round() != round) {
            gone.add(watched.skeleton(key, entry.uid(), entry.resourceVersion()));
          }
        });
    return gone;
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
              : Entry.of(null, null, deliveryState, round).with(false, deliveryState);
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
}
