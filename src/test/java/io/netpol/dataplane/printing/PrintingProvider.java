package io.netpol.dataplane.printing;

import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.DataplaneProvider;
import io.netpol.dataplane.ToolCommands;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.index.Cluster;
import io.netpol.net.Family;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/** Shows what a further back-end takes: this package, and the line that names this class. */
public final class PrintingProvider implements DataplaneProvider {

  /** The value of {@code netpol.backend}. */
  public static final String BACKEND = "printing";

  /** The system property that names the command which takes what is printed. */
  public static final String COMMAND = "netpol.test.printing";

  @Override
  public List<String> backends() {
    return List.of(BACKEND);
  }

  @Override
  public Dataplane create(Cluster cluster, RenderOptions options) {
    return new PrintingDataplane(cluster, options);
  }

  @Override
  public ToolCommands commands(UnaryOperator<String> settings, Set<Family> families) {
    String write = System.getProperty(COMMAND, "false");
    return new ToolCommands(
        Map.of("printer.write", write, "printer.read", "true"), List.of(), List.of());
  }
}
