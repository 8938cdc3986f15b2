package io.netpol.model;

import java.util.Map;
import java.util.Set;

/**
 * What matters of a Namespace.
 *
 * @param name {@code metadata.name}
 * @param labels {@code metadata.labels}; {@value #NAME_LABEL} is always there
 * @param defaultIsolation the directions that its annotation {@value #ISOLATION_ANNOTATION} asks to
 *     isolate where no policy does; usually empty
 */
public record Namespace(String name, Map<String, String> labels, Set<Direction> defaultIsolation) {

  /** The label that the API server sets on every namespace. */
  public static final String NAME_LABEL = "kubernetes.io/metadata.name";

  /** {@code ingress}, {@code egress} or {@code both}. */
  public static final String ISOLATION_ANNOTATION = "netpol.io/default-isolation";

  public Namespace {
    labels = Map.copyOf(labels);
    defaultIsolation = Set.copyOf(defaultIsolation);
  }

  /** Returns a namespace of which nothing but its name is known. */
  public static Namespace named(String name) {
    return new Namespace(name, Map.of(NAME_LABEL, name), Set.of());
  }
}
