package io.netpol.route.check;

import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;
import org.apache.camel.CamelContext;
import org.apache.camel.Component;
import org.apache.camel.spi.EndpointUriFactory;

/** Knows the components that are on the class path, and the options of their endpoints. */
final class Components {

  private static final String SERVICES = "META-INF/services/org/apache/camel/component/";

  private final CamelContext context;

  Components(CamelContext context) {
    this.context = context;
  }

  /** Returns whether there is such a component; nothing is started. */
  boolean has(String scheme) {
    return context.hasComponent(scheme) != null
        || context.getRegistry().lookupByNameAndType(scheme, Component.class) != null
        || context.getRegistry().lookupByNameAndType(scheme + "-component", Component.class) != null
        || context
            .getCamelContextExtension()
            .getFactoryFinder(SERVICES)
            .findClass(scheme)
            .isPresent();
  }

  /** Returns the options that a component does not know, among those given. */
  Set<String> unknown(String scheme, Collection<String> options) {
    Set<String> unknown = new TreeSet<>();
    EndpointUriFactory factory = factory(scheme);
    if (factory != null && !factory.isLenientProperties()) {
      for (String option : options) {
        if (!factory.propertyNames().contains(option)
            && factory.multiValuePrefixes().values().stream().noneMatch(option::startsWith)) {
          unknown.add(option);
        }
      }
    }
    return unknown;
  }

  /** Returns the options that a component knows. */
  Set<String> known(String scheme) {
    EndpointUriFactory factory = factory(scheme);
    return factory == null ? Set.of() : factory.propertyNames();
  }

  /** Returns null where the component does not say its options. */
  private EndpointUriFactory factory(String scheme) {
    Component bound = context.getRegistry().lookupByNameAndType(scheme, Component.class);
    if (bound != null) {
      return null; // one of the agent's, whose options Camel checks
    }
    return context.getCamelContextExtension().getEndpointUriFactory(scheme);
  }
}
