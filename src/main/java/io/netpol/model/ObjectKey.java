package io.netpol.model;

import java.util.Objects;

/**
 * Namespace and name of an object; the namespace is empty for kinds that have none.
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

  /** Written out: it is every map's key, and what records have of their own is slower by far. */
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

  /** {@code namespace/name}, or the name alone where there is no namespace. */
  @Override
  public String toString() {
    return namespace.isEmpty() ? name : namespace + "/" + name;
  }
}
