package io.netpol.index;

import io.netpol.model.Kind;
import io.netpol.model.ObjectKey;
import io.netpol.model.Problem;
import java.util.List;
import java.util.Objects;

/**
 * Says that an object came, changed or went. Where it was heard does not show: Camel's type
 * converters make it of what a source sends.
 *
 * @param kind of the object
 * @param key of the object
 * @param action what is to be done with it
 * @param object what it means: a record of {@code io.netpol.model} for its kind; null unless it is
 *     {@link Action#PUT}
 * @param uid {@code metadata.uid}; null where it is not known
 * @param receivedMillis when it was heard of, in milliseconds since 1970; null where that is not
 *     known
 * @param problems what of the object is not understood, and counts as absent or as matching nothing
 */
public record ObjectEvent(
    Kind kind,
    ObjectKey key,
    Action action,
    Record object,
    String uid,
    Long receivedMillis,
    List<Problem> problems) {

  /** What is to be done with the object. */
  public enum Action {
    /** It is there now, in this form. */
    PUT,
    /** It is there no more. */
    DELETE,
    /** It is there and cannot be read: what was known of it stays. */
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
}
