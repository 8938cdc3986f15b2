package io.netpol.model;

import java.util.Objects;

/**
 * Identifies an object of a kind by namespace and name.
 *
 * @param namespace {@code metadata.namespace}, never null, empty for Namespaces and Nodes
 * @param name {@code metadata.name}, never null
 */
public record ObjectKey(String namespace, String name) implements Comparable<ObjectKey> {

  public ObjectKey {
    Objects.requireNonNull(namespace, "namespace");
    Objects.requireNonNull(name, "name");
  }

  @Override
  public int compareTo(ObjectKey other) {
    return namespace.equals(other.namespace)
        ? name.compareTo(other.name)
        : namespace.compareTo(other.namespace);
  }

  /**
   * Compares keys without the reflection of records, which is several times slower: nearly every
   * map has this key.
   */
  @Override
  public boolean equals(Object other) {
    return other instanceof ObjectKey key
        && name.equals(key.name)
        && namespace.equals(key.namespace);
  }

  @Override
  public int hashCode() {
    return namespace.hashCode() * 31 + name.hashCode();
  }

  /** Returns {@code namespace/name}, or only the name if there is no namespace. */
  @Override
  public String toString() {
    return namespace.isEmpty() ? name : namespace + "/" + name;
  }
}
