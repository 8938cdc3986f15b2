package io.netpol.observe.console;

import io.netpol.observe.health.RoutesHealth;
import io.netpol.route.check.CamelRefusal;
import io.netpol.route.check.RestartNeed;
import io.netpol.route.check.RouteFile;
import io.netpol.route.check.RouteFilesCheck;
import io.netpol.route.check.RouteProblem;
import io.netpol.route.check.RoutesReport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
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
 * Reloads edited route files in the running agent. It refuses an edit that a restart would refuse:
 * the routes of the file go on as before, and readiness is down until the file is valid again.
 * (Camel's own reload drops all routes at a typo.) It takes edits of several files that it sees at
 * once together.
 *
 * <p>Some edits need a restart ({@link RestartNeed}), and so does a deleted file.
 */
public final class RoutesReload extends ServiceSupport implements StaticService, CamelContextAware {

  private static final Logger LOG = LoggerFactory.getLogger(RoutesReload.class);

  private static final long LOOK_MILLIS = 1_000;
  private final Path folder;
  private final RouteFilesCheck check;
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
   * @param check the one that the routes were checked by at the start
   * @param reloaded runs after routes were replaced, because exchanges in them may be lost
   */
  public RoutesReload(Path folder, RouteFilesCheck check, RoutesHealth health, Runnable reloaded) {
    this.folder = folder;
    this.check = check;
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
    RouteFile.in(folder).forEach(file -> texts.put(file.name(), file.text()));
    return texts;
  }

  private void look() {
    try {
      Map<String, String> now = files();
      Map<String, String> edited = new TreeMap<>();
      now.forEach(
          (name, text) -> {
            if (!text.equals(running.get(name))) {
              edited.put(name, text);
            } else {
              if (refused.remove(name) != null) {
                LOG.info("{} has the text of its running routes again", name);
              }
              health.accept(name);
            }
          });
      for (String name : running.keySet()) {
        if (!now.containsKey(name)) {
          refuse(name, "", List.of(name + ": the file is gone, which takes a restart"));
        }
      }
      forgetRemoved(now.keySet());
      if (!refused.entrySet().containsAll(edited.entrySet())) {
        take(edited);
      }
    } catch (IOException | RuntimeException e) {
      LOG.warn("cannot look at the route files: {}", e.toString());
    }
  }

  /** A file whose routes never ran leaves nothing behind when it goes. */
  private void forgetRemoved(Set<String> present) {
    Set<String> removed = new TreeSet<>(refused.keySet());
    removed.removeAll(present);
    removed.removeAll(running.keySet());
    for (String name : removed) {
      refused.remove(name);
      health.accept(name);
      LOG.info("{} is gone; its routes never ran", name);
    }
  }

  /** Takes in edits that belong together; where that is not possible, each that can stand alone. */
  private void take(Map<String, String> edited) {
    if (edited.size() > 1 && isWhole(edited)) {
      replace(edited);
      return;
    }
    for (Map.Entry<String, String> edit : edited.entrySet()) {
      Map<String, String> alone = Map.of(edit.getKey(), edit.getValue());
      List<String> why = problems(alone);
      if (why.isEmpty()) {
        replace(alone);
      } else {
        refuse(edit.getKey(), edit.getValue(), why);
      }
    }
  }

  private boolean isWhole(Map<String, String> edited) {
    return problems(edited).isEmpty();
  }

  /** Returns why files must not run as they were edited, beside all others as they run. */
  private List<String> problems(Map<String, String> edited) {
    List<String> problems = new ArrayList<>(report(edited).lines());
    if (problems.isEmpty()) {
      edited.forEach(
          (name, text) -> {
            RouteFile before =
                running.containsKey(name) ? new RouteFile(name, running.get(name)) : null;
            RestartNeed.of(before, new RouteFile(name, text)).ifPresent(problems::add);
          });
    }
    return problems;
  }

  private RoutesReport report(Map<String, String> edited) {
    Map<String, String> together = new TreeMap<>(running);
    together.putAll(edited);
    List<RouteFile> files = new ArrayList<>();
    together.forEach((name, text) -> files.add(new RouteFile(name, text)));
    return check.check(files);
  }

  private void refuse(String name, String text, List<String> why) {
    if (!text.equals(refused.put(name, text))) {
      LOG.error(
          "the edit of {} is refused, its routes run as before:{}{}",
          name,
          System.lineSeparator(),
          String.join(System.lineSeparator(), why));
    }
    health.refuse(name, String.join("; ", why));
  }

  private void replace(Map<String, String> edited) {
    Map<String, Set<String>> before = new HashMap<>();
    Map<String, Set<String>> now = new HashMap<>();
    String name = "";
    try {
      for (Map.Entry<String, String> edit : edited.entrySet()) {
        name = edit.getKey();
        now.put(name, idsIn(name, edit.getValue())); // what Camel does not understand fails here
      }
      for (Map.Entry<String, String> edit : edited.entrySet()) {
        name = edit.getKey();
        before.put(name, ids.getOrDefault(name, Set.of()));
        loader().updateRoutes(resource(name, edit.getValue()));
      }
    } catch (Exception e) {
      restore(before, now);
      refused(edited, name, e);
      return;
    }
    running.putAll(edited);
    ids.putAll(now);
    before.values().forEach(this::removeUnlessElsewhere);
    refused.keySet().removeAll(edited.keySet());
    health.accept(report(Map.of()));
    health.expect(context);
    now.forEach(
        (file, routes) -> {
          health.accept(file);
          LOG.info("{} was edited; its routes are reloaded: {}", file, new TreeSet<>(routes));
        });
    reloaded.run();
  }

  /** One of the edits is refused by Camel; the others wait for it. */
  private void refused(Map<String, String> edited, String name, Exception e) {
    String why =
        CamelRefusal.of(e, List.of(new RouteFile(name, edited.get(name))))
            .map(RouteProblem::text)
            .orElseGet(() -> name + ": " + CamelRefusal.words(e));
    edited.forEach(
        (file, text) ->
            refuse(
                file,
                text,
                List.of(file.equals(name) ? why : file + ": waits for the edit of " + name)));
  }

  private void removeUnlessElsewhere(Set<String> routes) {
    Set<String> gone = new HashSet<>(routes);
    ids.values().forEach(gone::removeAll);
    try {
      remove(gone);
    } catch (Exception e) {
      LOG.error("cannot remove routes that are in no file now: {}", CamelRefusal.words(e));
    }
  }

  /** Makes the routes of files run as before. */
  private void restore(Map<String, Set<String>> before, Map<String, Set<String>> tried) {
    for (String name : before.keySet()) {
      try {
        Set<String> added = new HashSet<>(tried.get(name));
        ids.values().forEach(added::removeAll);
        remove(added);
        if (running.containsKey(name)) {
          loader().updateRoutes(resource(name, running.get(name)));
        }
      } catch (Exception e) {
        LOG.error("cannot run the routes of {} as before: {}", name, CamelRefusal.words(e));
      }
    }
    if (!before.isEmpty()) {
      reloaded.run();
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

  /** The ids of the routes of a file, which are not added: a bad file fails here. */
  private Set<String> idsIn(String name, String text) throws Exception {
    Set<String> found = new HashSet<>();
    for (RoutesBuilder builder : loader().findRoutesBuilders(resource(name, text))) {
      if (builder instanceof RouteBuilder routes) {
        for (RouteDefinition route : routes.configureRoutes(context).getRoutes()) {
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
}
