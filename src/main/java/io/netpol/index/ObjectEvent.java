package io.netpol.index;

import io.netpol.model.Kind;
import io.netpol.model.ObjectKey;
import io.netpol.model.Problem;
import java.util.List;
import java.util.Objects;

/**
 * Reports that an object was added, changed or deleted. It is independent of the source: Camel's
 * type converters make it of the body that a source sends.
 *
 * @param kind of the object
 * @param key of the object
 * @param action what to do with the object
 * @param object the record of {@code io.netpol.model} for the kind; null unless the action is
 *     {@link Action#PUT}
 * @param uid {@code metadata.uid}; null if it is not known
 * @param receivedMillis when the source received it, in milliseconds since 1970; null if that is
 *     not known
 * @param problems the invalid fields of the object, which count as absent or match nothing
 */
public record ObjectEvent(
    Kind kind,
    ObjectKey key,
    Action action,
    Record object,
    String uid,
    Long receivedMillis,
    List<Problem> problems) {

  /** Tells what to do with an object. */
  public enum Action {
    /** Adds or replaces the object. */
    PUT,
    /** Removes the object. */
    DELETE,
    /** Keeps the last known state: the object exists and cannot be read. */
    KEEP
  }

  public ObjectEvent {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(key, "key");
    Objects.requireNonNull(action, "action");
    if ((object == null) == (action == Action.PUT)) {
      throw new IllegalArgumentException(action + " with " + object);
    }
    problems = List.copyOf(problems);
  }

  /** Says what a trace shows: action, kind and key, and how many problems there are. */
  @Override
  public String toString() {
    int count = problems.size();
    String counted = count == 0 ? "" : ", " + count + (count == 1 ? " problem" : " problems");
    return action + " " + kind.kubernetesName() + " " + key + counted;
  }
}
