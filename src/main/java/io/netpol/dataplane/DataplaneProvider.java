package io.netpol.dataplane;

import io.netpol.dataplane.render.RenderOptions;
import io.netpol.index.Cluster;
import io.netpol.net.Family;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Makes the dataplane of one kernel interface. A back-end is a package with such a class, and a
 * line in {@code META-INF/services} that names it.
 */
public interface DataplaneProvider {

  /** All back-ends that are on the class path. */
  List<DataplaneProvider> ALL =
      ServiceLoader.load(DataplaneProvider.class).stream()
          .map(ServiceLoader.Provider::get)
          .toList();

  /** Returns the values of the setting {@code netpol.backend} that mean this one. */
  List<String> backends();

  /** Makes a dataplane that must read the kernel before it writes. */
  Dataplane create(Cluster cluster, RenderOptions options);

  /**
   * Finds out by which commands the tools are run on this host.
   *
   * @param settings returns the value of a setting by its name, such as {@code netpol.backend}
   * @param families those that are enforced
   */
  ToolCommands commands(UnaryOperator<String> settings, Set<Family> families);

  /** Returns the one that a value of {@code netpol.backend} means; empty where none is meant. */
  static Optional<DataplaneProvider> of(String backend) {
    return ALL.stream().filter(provider -> provider.backends().contains(backend)).findFirst();
  }
}
