package io.netpol.model;

import java.util.Map;
import java.util.Set;

/**
 * Represents the parts of a Namespace that policies depend on.
 *
 * @param name {@code metadata.name}
 * @param labels {@code metadata.labels}; always contains {@value #NAME_LABEL}
 * @param defaultIsolation the directions in which the annotation {@value #ISOLATION_ANNOTATION}
 *     isolates pods that no policy selects; usually empty
 */
public record Namespace(String name, Map<String, String> labels, Set<Direction> defaultIsolation) {

  /** The label that the API server sets on every namespace. */
  public static final String NAME_LABEL = "kubernetes.io/metadata.name";

  /**
   * The annotation that isolates pods by default; its value is {@code ingress}, {@code egress} or
   * {@code both}.
   */
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
