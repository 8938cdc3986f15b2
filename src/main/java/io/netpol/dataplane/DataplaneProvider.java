package io.netpol.dataplane;

import io.netpol.dataplane.render.RenderOptions;
import io.netpol.index.Cluster;
import io.netpol.net.Family;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * Makes the dataplane of one kernel interface, and serves the commands that work without an agent.
 *
 * <p>A back-end is a package with such a class, and a line in {@code META-INF/services} that names
 * it. Nothing else in the program names a back-end. A provider keeps no state, so that all methods
 * may be called by any thread.
 */
public interface DataplaneProvider {

  /** The value of {@code netpol.backend} that selects the default, or what suits the host. */
  String AUTO = "auto";

  /** All back-ends that are on the class path. */
  List<DataplaneProvider> ALL =
      ServiceLoader.load(DataplaneProvider.class).stream()
          .map(ServiceLoader.Provider::get)
          .toList();

  /** Returns the values of the setting {@code netpol.backend} that select this back-end. */
  List<String> backends();

  /** Returns whether the kernel has rules of the agent that this back-end wrote. It runs tools. */
  default boolean hasRules(UnaryOperator<String> settings) {
    return false;
  }

  /**
   * Returns why the agent should use this back-end on a host that has no rules of it yet; empty if
   * nothing speaks for it. It runs tools.
   */
  default Optional<Choice> suits(UnaryOperator<String> settings) {
    return Optional.empty();
  }

  /**
   * Selects a back-end.
   *
   * @param backend the value of {@code netpol.backend} that selects it
   * @param reason a clause for the log
   */
  record Choice(String backend, String reason) {}

  /**
   * Returns the back-end of a host on which {@code netpol.backend} is {@code auto}: the one that
   * has rules of the agent already, else the one that suits the host; empty for the default. It
   * runs tools.
   */
  static Optional<Choice> detect(UnaryOperator<String> settings) {
    for (DataplaneProvider provider : ALL) {
      if (provider.backends().contains(AUTO)) {
        continue;
      }
      Optional<Choice> choice =
          provider.hasRules(settings)
              ? Optional.of(
                  new Choice(provider.backends().get(0), "rules of the agent are in it already"))
              : provider.suits(settings);
      if (choice.isPresent()) {
        boolean inDefault = of(AUTO).map(common -> common.hasRules(settings)).orElse(false);
        return inDefault ? Optional.empty() : choice;
      }
    }
    return Optional.empty();
  }

  /** Returns all tools that the back-end may run, in the order in which the kernel is read. */
  List<KernelTool> tools();

  /** Makes a dataplane that must read the kernel before it writes. */
  Dataplane create(Cluster cluster, RenderOptions options);

  /**
   * Finds out by which commands the tools are run on this host.
   *
   * @param settings returns the value of a setting by its name, such as {@code netpol.backend}
   * @param families the address families that are enforced
   */
  ToolCommands commands(UnaryOperator<String> settings, Set<Family> families);

  /**
   * Finds settings of this back-end that contradict each other.
   *
   * @param settings returns the value of a setting by its name
   * @return empty where there are none
   */
  List<Contradiction> contradictions(UnaryOperator<String> settings);

  /**
   * Renders what the agent of the cluster's node gives a kernel that has nothing of the agent. It
   * reads no kernel, and the same cluster gives the same bytes.
   *
   * @return one file for each of {@link #tools}, in the order in which they are to be loaded
   */
  List<RenderedFile> render(Cluster cluster, RenderOptions options);

  /**
   * Renders the files of {@link #render} in a form that may be loaded over an earlier load, of the
   * same objects or of others.
   */
  List<RenderedFile> renderRepeatable(Cluster cluster, RenderOptions options);

  /**
   * Removes everything that the agent programmed, whichever version wrote it, and nothing else.
   *
   * @param settings returns the value of a setting by its name
   * @param dryRun reports what would be removed, and leaves it
   * @param out receives a line for each thing that is removed
   * @param err receives a line for each thing that cannot be read or removed
   * @throws IOException if a tool is there and cannot be run
   */
  CleanupOutcome cleanup(
      UnaryOperator<String> settings, boolean dryRun, Consumer<String> out, Consumer<String> err)
      throws IOException;

  /**
   * Writes scripts that stand for the tools and touch no kernel: they take every payload, and print
   * the listings of a kernel that has nothing. An agent can run with them where there is no kernel
   * to program.
   *
   * @param folder an existing folder to write them to
   * @return the settings that make {@link #commands} run the scripts, by name
   * @throws IOException if the scripts cannot be written
   */
  Map<String, String> writeIdleTools(Path folder) throws IOException;

  /** Returns the back-end that a value of {@code netpol.backend} selects; empty without one. */
  static Optional<DataplaneProvider> of(String backend) {
    return ALL.stream().filter(provider -> provider.backends().contains(backend)).findFirst();
  }
}
