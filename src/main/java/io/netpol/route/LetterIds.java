package io.netpol.route;

import java.util.Collection;
import java.util.List;

/** Finds letters by what people call them: the whole id, or the digest that it ends in. */
public final class LetterIds {

  private static final int DIGEST = 16;

  private LetterIds() {}

  /** The digest at the end of an id: short, and no other letter has it. */
  public static String digest(String id) {
    return id.length() <= DIGEST ? id : id.substring(id.length() - DIGEST);
  }

  /**
   * The one id, of all there are, that the name is or is the digest of.
   *
   * @throws IllegalArgumentException if none is, or more than one
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
