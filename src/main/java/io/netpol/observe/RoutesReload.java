package io.netpol.observe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.StaticService;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.spi.Resource;
import org.apache.camel.spi.RoutesLoader;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.apache.camel.support.service.ServiceSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reloads edited route files in the running agent. It refuses an edit that cannot run: the routes
 * of the file go on as before, and readiness is down until the file is valid again. (Camel's own
 * reload drops all routes at a typo.)
 *
 * <p>An edit of the sources needs a restart, because they keep the state of their watches; so does
 * a deleted file.
 */
public final class RoutesReload extends ServiceSupport implements StaticService, CamelContextAware {

  private static final Logger LOG = LoggerFactory.getLogger(RoutesReload.class);

  private static final String SUFFIX = ".camel.yaml";
  private static final long LOOK_MILLIS = 1_000;
  private static final Set<String> SOURCES =
      Set.of("network-policies", "pods", "namespaces", "nodes");

  private final Path folder;
  private final RoutesHealth health;
  private final Runnable reloaded;
  private CamelContext context;
  private ScheduledExecutorService timer;

  /** The running version of each file, by its name. */
  private final Map<String, String> running = new TreeMap<>();

  private final Map<String, Set<String>> ids = new HashMap<>();
  private final Map<String, String> refused = new HashMap<>();

  /**
   * Creates the service; it works once it is started.
   *
   * @param folder the folder from which the routes were loaded
   * @param reloaded runs after routes were replaced, because exchanges in them may be lost
   */
  public RoutesReload(Path folder, RoutesHealth health, Runnable reloaded) {
    this.folder = folder;
    this.health = health;
    this.reloaded = reloaded;
  }

  @Override
  public void setCamelContext(CamelContext camelContext) {
    context = camelContext;
  }

  @Override
  public CamelContext getCamelContext() {
    return context;
  }

  @Override
  protected void doStart() throws Exception {
    running.putAll(files());
    for (Map.Entry<String, String> file : running.entrySet()) {
      ids.put(file.getKey(), idsIn(file.getKey(), file.getValue()));
    }
    timer =
        context.getExecutorServiceManager().newSingleThreadScheduledExecutor(this, "route-files");
    timer.scheduleWithFixedDelay(this::look, LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
  }

  @Override
  protected void doStop() {
    context.getExecutorServiceManager().shutdownNow(timer);
  }

  private Map<String, String> files() throws IOException {
    Map<String, String> texts = new TreeMap<>();
    List<Path> found;
    try (Stream<Path> listed = Files.list(folder)) {
      found = listed.filter(file -> file.toString().endsWith(SUFFIX)).toList();
    }
    for (Path file : found) {
      texts.put(file.getFileName().toString(), Files.readString(file));
    }
    return texts;
  }

  private void look() {
    try {
      Map<String, String> now = files();
      Set<String> names = new TreeSet<>(running.keySet());
      names.addAll(now.keySet());
      for (String name : names) {
        compare(name, now.get(name));
      }
    } catch (IOException | RuntimeException e) {
      LOG.warn("cannot look at the route files: {}", e.toString());
    }
  }

  private void compare(String name, String text) {
    if (text == null) {
      refuse(name, "", "the file is gone, which takes a restart");
    } else if (text.equals(running.get(name))) {
      if (refused.remove(name) != null) {
        LOG.info("{} has the text of its running routes again", name);
      }
      health.accept(name);
    } else if (!text.equals(refused.get(name))) {
      try {
        replace(name, text);
      } catch (Exception e) {
        refuse(name, text, message(e));
      }
    }
  }

  private void refuse(String name, String text, String why) {
    if (!text.equals(refused.put(name, text))) {
      LOG.error("the edit of {} is refused, its routes run as before: {}", name, why);
    }
    health.refuse(name, why);
  }

  private void replace(String name, String text) throws Exception {
    Set<String> before = ids.getOrDefault(name, Set.of());
    Set<String> now = idsIn(name, text);
    check(name, before, now);
    try {
      loader().updateRoutes(resource(name, text));
      health.expect(context);
    } catch (Exception e) {
      restore(name, now, before);
      throw e;
    }
    Set<String> gone = new HashSet<>(before);
    gone.removeAll(now);
    remove(gone);
    running.put(name, text);
    ids.put(name, now);
    refused.remove(name);
    health.expect(context);
    health.accept(name);
    LOG.info("{} was edited; its routes are reloaded: {}", name, new TreeSet<>(now));
    reloaded.run();
  }

  private void check(String name, Set<String> before, Set<String> now) {
    Set<String> sources = new HashSet<>(before);
    sources.addAll(now);
    sources.retainAll(SOURCES);
    if (!sources.isEmpty()) {
      throw new IllegalArgumentException("an edit of the sources takes a restart: " + sources);
    }
    for (String id : before) {
      if (!now.contains(id) && RoutesHealth.ESSENTIAL.contains(id)) {
        throw new IllegalArgumentException("route " + id + " is missing");
      }
    }
    ids.forEach(
        (file, theirs) -> {
          Set<String> both = new TreeSet<>(theirs);
          both.retainAll(now);
          if (!file.equals(name) && !both.isEmpty()) {
            throw new IllegalArgumentException("route " + both + " is in " + file + " too");
          }
        });
  }

  private void restore(String name, Set<String> tried, Set<String> before) {
    try {
      Set<String> added = new HashSet<>(tried);
      added.removeAll(before);
      remove(added);
      if (running.containsKey(name)) {
        loader().updateRoutes(resource(name, running.get(name)));
      }
      reloaded.run();
    } catch (Exception e) {
      LOG.error("cannot run the routes of {} as before: {}", name, message(e));
    }
  }

  private void remove(Set<String> routes) throws Exception {
    for (String id : routes) {
      if (context.getRoute(id) != null) {
        context.getRouteController().stopRoute(id);
        context.removeRoute(id);
      }
    }
  }

  /** Parses a file, which fails if it is invalid, and returns the ids of its routes. */
  private Set<String> idsIn(String name, String text) throws Exception {
    Set<String> found = new HashSet<>();
    for (RoutesBuilder builder : loader().findRoutesBuilders(resource(name, text))) {
      if (builder instanceof RouteBuilder routes) {
        for (RouteDefinition route : routes.configureRoutes(context).getRoutes()) {
          if (route.getId() == null) {
            throw new IllegalArgumentException("a route has no id");
          }
          found.add(route.getId());
        }
      }
    }
    return found;
  }

  private RoutesLoader loader() {
    return PluginHelper.getRoutesLoader(context);
  }

  private Resource resource(String name, String text) {
    return ResourceHelper.fromString(folder.resolve(name).toString(), text);
  }

  /** Returns the message of the innermost cause, which tells most, in one line. */
  private static String message(Throwable failure) {
    Throwable cause = failure;
    for (int depth = 0; cause.getCause() != null && depth < 20; depth++) {
      cause = cause.getCause();
    }
    String text = cause.getMessage() == null ? cause.toString() : cause.getMessage();
    return text.strip().replaceAll("\\s*\\R\\s*", "; ");
  }
}
