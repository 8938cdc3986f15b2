package io.netpol.route.deadletter;

import java.util.Collection;
import java.util.List;

/** Finds a letter by its whole id, or by the digest that the id ends in. */
public final class LetterIds {

  /** The length of a digest. */
  public static final int DIGEST = 16;

  private LetterIds() {}

  /** Returns the digest at the end of an id, which no other letter has. */
  public static String digest(String id) {
    return id.length() <= DIGEST ? id : id.substring(id.length() - DIGEST);
  }

  /**
   * Returns the id that the name is, or is the digest of.
   *
   * @throws IllegalArgumentException if no id matches, or more than one
   */
  public static String find(Collection<String> ids, String name) {
    List<String> found =
        ids.stream().filter(id -> id.equals(name) || digest(id).equals(name)).toList();
    if (found.size() != 1) {
      throw new IllegalArgumentException(
          found.isEmpty() ? "no dead letter" : "more than one dead letter");
    }
    return found.get(0);
  }
}
