package io.netpol.policy;

import java.util.Comparator;
import java.util.Objects;

/**
 * Namespace and name of an object; the namespace is empty for kinds that have none.
 *
 * @param namespace {@code metadata.namespace}, never null, empty for Namespaces and Nodes
 * @param name {@code metadata.name}, never null
 */
public record ObjectKey(String namespace, String name) implements Comparable<ObjectKey> {

  private static final Comparator<ObjectKey> ORDER =
      Comparator.comparing(ObjectKey::namespace).thenComparing(ObjectKey::name);

  public ObjectKey {
    Objects.requireNonNull(namespace, "namespace");
    Objects.requireNonNull(name, "name");
  }

  @Override
  public int compareTo(ObjectKey other) {
    return ORDER.compare(this, other);
  }

  /** {@code namespace/name}, or the name alone where there is no namespace. */
  @Override
  public String toString() {
    return namespace.isEmpty() ? name : namespace + "/" + name;
  }
}
