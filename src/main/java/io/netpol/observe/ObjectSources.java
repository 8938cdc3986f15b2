package io.netpol.observe;

import io.netpol.index.ObjectSource;
import io.netpol.index.WatchStatus;
import java.util.List;
import org.apache.camel.CamelContext;

/** Asks all sources of objects that the registry has. */
final class ObjectSources {

  private ObjectSources() {}

  /** How each kind that is watched is doing now, once for each source. Any thread. */
  static List<WatchStatus> status(CamelContext context) {
    return context.getRegistry().findByType(ObjectSource.class).stream()
        .flatMap(source -> source.status().stream())
        .toList();
  }

  /** The kinds that are watched, each once. Any thread. */
  static List<String> kinds(CamelContext context) {
    return status(context).stream().map(WatchStatus::kind).distinct().toList();
  }
}
