package io.netpol.observe.console;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.netpol.dataplane.Dataplane;
import io.netpol.dataplane.KernelTool;
import io.netpol.dataplane.Transaction.Stage;
import io.netpol.index.Cluster;
import io.netpol.net.Family;
import io.netpol.observe.ApplyExecutor;
import io.netpol.observe.ApplyHistory;
import io.netpol.observe.ObjectSources;
import io.netpol.route.apply.BatchWindow;
import io.netpol.route.deadletter.DeadLetters;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;

/** Shows the state of a running agent, its pods and policies. Thread-safe. */
public final class AgentView {

  /** The name of the view in Camel's registry. */
  public static final String NAME = "agentView";

  private static final ObjectMapper JSON =
      new ObjectMapper()
          .registerModule(new JavaTimeModule())
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS);

  private final CamelContext context;
  private final Cluster cluster;
  private final Dataplane dataplane;
  private final Set<Family> families;
  private final NodeView node;
  private final ApplyHistory history;
  private final ApplyExecutor executor;
  private final BatchWindow batchWindow;
  private final DeadLetters letters;

  /** Creates the view of an agent. */
  public AgentView(
      CamelContext context,
      Cluster cluster,
      Dataplane dataplane,
      Set<Family> families,
      NodeView node,
      ApplyHistory history,
      ApplyExecutor executor,
      BatchWindow batchWindow,
      DeadLetters letters) {
    this.context = context;
    this.cluster = cluster;
    this.dataplane = dataplane;
    this.families = families;
    this.node = node;
    this.history = history;
    this.executor = executor;
    this.batchWindow = batchWindow;
    this.letters = letters;
  }

  /** Returns the tool that loads rules, the first if each family has one. */
  private String ruleTool() {
    return dataplane.tools().stream()
        .filter(tool -> tool.stages().contains(Stage.CHAINS))
        .map(KernelTool::id)
        .findFirst()
        .orElseThrow();
  }

  PipelineView pipeline() {
    return new PipelineView(
        cluster.nodeName(),
        context.resolvePropertyPlaceholders("{{netpol.exec." + ruleTool() + ".write}}"),
        families.stream().map(NodeView::word).sorted().toList(),
        cluster.isListed(),
        ObjectSources.status(context).stream()
            .map(status -> new PipelineView.Source(status.kind(), status.age().toMillis()))
            .toList(),
        executor.waiting(),
        batchWindow.isGathering(),
        batchWindow.next().toMillis(),
        history.last(),
        cluster.policies().size(),
        cluster.pods().size(),
        cluster.localPods().size(),
        letters.letters().size(),
        stoppedRoutes());
  }

  private List<String> stoppedRoutes() {
    Set<String> stopped = new TreeSet<>();
    for (Route route : context.getRoutes()) {
      if (!context.getRouteController().getRouteStatus(route.getRouteId()).isStarted()) {
        stopped.add(route.getRouteId());
      }
    }
    return List.copyOf(stopped);
  }

  NodeView node() {
    return node;
  }

  /** Returns the agent's state and what the filter selects, as maps and lists. */
  Map<String, Object> json(ViewFilter filter) {
    Map<String, Object> all = new LinkedHashMap<>();
    NodeView.Page<PodView> pods = node.pods(filter);
    NodeView.Page<PolicyView> policies = node.policies(filter);
    all.put("pipeline", pipeline());
    all.put("pods", pods.shown());
    all.put("morePods", pods.more());
    all.put("policies", policies.shown());
    all.put("morePolicies", policies.more());
    return JSON.convertValue(all, new TypeReference<>() {});
  }

  /** Returns the agent's state and what the filter selects, as JSON text. */
  String jsonText(ViewFilter filter) {
    return JSON.valueToTree(json(filter)).toPrettyString() + "\n";
  }
}
