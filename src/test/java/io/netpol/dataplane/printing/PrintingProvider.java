package io.netpol.dataplane.printing;

import io.netpol.dataplane.CleanupOutcome;
import io.netpol.dataplane.Contradiction;
import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.DataplaneProvider;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.ReconcileRequest;
import io.netpol.dataplane.RenderedFile;
import io.netpol.dataplane.ToolCommands;
import io.netpol.dataplane.render.RenderOptions;
import io.netpol.index.Cluster;
import io.netpol.net.Family;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
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
  public List<KernelTool> tools() {
    return List.of(PrintingDataplane.PRINTER);
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

  @Override
  public List<Contradiction> contradictions(UnaryOperator<String> settings) {
    return List.of();
  }

  @Override
  public List<RenderedFile> render(Cluster cluster, RenderOptions options) {
    String text =
        create(cluster, options)
            .plan(ReconcileRequest.wanted("render"), Set.of())
            .payloads(tools())
            .get(PrintingDataplane.PRINTER);
    return List.of(
        new RenderedFile(PrintingDataplane.PRINTER, "printer.txt", text, text.lines().toList()));
  }

  @Override
  public List<RenderedFile> renderRepeatable(Cluster cluster, RenderOptions options) {
    return render(cluster, options);
  }

  @Override
  public CleanupOutcome cleanup(
      UnaryOperator<String> settings, boolean dryRun, Consumer<String> out, Consumer<String> err) {
    return CleanupOutcome.UNAVAILABLE;
  }

  @Override
  public Map<String, String> writeIdleTools(Path folder) {
    return Map.of();
  }
}
