package io.netpol.observe;

import io.netpol.index.ObjectSource;
import io.netpol.index.WatchStatus;
import java.util.List;
import org.apache.camel.CamelContext;

/** Reads the watch status of all sources of objects in the registry. Thread-safe. */
public final class ObjectSources {

  private ObjectSources() {}

  /** Returns the current status of each watched kind, one for each source. */
  public static List<WatchStatus> status(CamelContext context) {
    return context.getRegistry().findByType(ObjectSource.class).stream()
        .flatMap(source -> source.status().stream())
        .toList();
  }

  /** Returns the watched kinds, without duplicates. */
  public static List<String> kinds(CamelContext context) {
    return status(context).stream().map(WatchStatus::kind).distinct().toList();
  }
}
