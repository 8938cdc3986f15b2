package io.netpol.cli;

import io.netpol.cli.Netpol.BadInputException;
import io.netpol.observe.health.RoutesHealth;
import io.netpol.route.check.CamelRefusal;
import io.netpol.route.check.RouteFile;
import io.netpol.route.check.RouteFilesCheck;
import io.netpol.route.check.RouteProblem;
import io.netpol.route.check.RoutesReport;
import io.netpol.route.settings.Setting;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.camel.CamelContext;
import org.apache.camel.main.Main;

/** Runs Camel with the routes of one folder, which it checks as a whole before Camel reads them. */
final class AgentMain extends Main {

  private final Path folder;
  private final List<RouteFile> files;

  /**
   * Creates it for a folder, whose files are read now; Camel would refuse bad YAML in its words.
   */
  AgentMain(Path folder) {
    super(Agent.class);
    this.folder = folder;
    configure().withRoutesIncludePattern("file:" + folder + "/*.camel.yaml");
    try {
      files = RouteFile.in(folder);
    } catch (IOException e) {
      throw new BadInputException(e.getMessage());
    }
    List<String> unreadable = RouteFilesCheck.unreadable(files);
    if (!unreadable.isEmpty()) {
      throw refused(unreadable);
    }
  }

  /** Comes after all beans are bound, and all properties known. */
  @Override
  protected void configureRoutes(CamelContext context) throws Exception {
    RouteFilesCheck check = context.getRegistry().findSingleByType(RouteFilesCheck.class);
    RoutesReport report = check.check(files);
    if (!report.problems().isEmpty()) {
      throw refused(report.lines());
    }
    RoutesHealth health = context.getRegistry().findSingleByType(RoutesHealth.class);
    health.accept(report);
    try {
      super.configureRoutes(context);
    } catch (Exception e) {
      throw plain(e).orElseThrow(() -> e);
    }
  }

  @Override
  protected void doStart() throws Exception {
    try {
      super.doStart();
    } catch (Exception e) {
      throw plain(e).orElseThrow(() -> e);
    }
  }

  private Optional<BadInputException> plain(Exception failure) {
    return CamelRefusal.of(failure, files).map(RouteProblem::text).map(List::of).map(this::refused);
  }

  private BadInputException refused(List<String> lines) {
    return new BadInputException(
        String.format(
            Locale.ROOT,
            "the routes in %s (%s) cannot run:%n%s",
            folder,
            Setting.ROUTES.property(),
            String.join(System.lineSeparator(), lines)));
  }
}
